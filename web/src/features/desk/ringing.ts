import { useEffect } from "react";

const PERIOD_MS = 2400;

/** Ring softly while `isRinging`: two tones, again and again. A browser that allows no sound yet stays silent. */
export function useRinging(isRinging: boolean): void {
  useEffect(() => {
    if (!isRinging) return undefined;
    const context = new AudioContext();
    const ring = () => {
      const start = context.currentTime;
      for (const [place, hertz] of [660, 880].entries()) {
        const tone = new OscillatorNode(context, { frequency: hertz });
        const volume = new GainNode(context, { gain: 0 });
        tone.connect(volume).connect(context.destination);
        const from = start + place * 0.22;
        volume.gain.setValueAtTime(0, from);
        volume.gain.linearRampToValueAtTime(0.12, from + 0.03);
        volume.gain.linearRampToValueAtTime(0, from + 0.2);
        tone.start(from);
        tone.stop(from + 0.22);
      }
    };
    ring();
    const timer = setInterval(ring, PERIOD_MS);
    return () => {
      clearInterval(timer);
      void context.close();
    };
  }, [isRinging]);
}
