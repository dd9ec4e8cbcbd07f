import { createStore } from "@/lib/store";

/** Whether this page may use the microphone: not asked yet, in use, refused by the person, or none there. */
export type MicrophoneState = "unasked" | "asking" | "on" | "denied" | "missing";

/** What became of asking for the microphone. */
export const microphoneState = createStore<MicrophoneState>("unasked");

let track: MediaStreamTrack | null = null;

/**
 * Return the microphone, asking for permission the first time it is needed to speak; null when there is none to use.
 *
 * `microphoneState` says why not. A refusal is asked again at the next call, as browsers let people change their mind.
 */
export async function openMicrophone(): Promise<MediaStreamTrack | null> {
  if (track !== null && track.readyState === "live") return track;
  if (!("mediaDevices" in navigator)) {
    microphoneState.set("missing");
    return null;
  }
  microphoneState.set("asking");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
    track = stream.getAudioTracks()[0] ?? null;
    track?.addEventListener("ended", () => microphoneState.set("missing"));
    microphoneState.set(track === null ? "missing" : "on");
  } catch (error) {
    track = null;
    microphoneState.set(error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "missing");
  }
  return track;
}

/** Give the microphone back: the browser's recording sign goes out. */
export function closeMicrophone(): void {
  track?.stop();
  track = null;
  if (microphoneState.get() === "on") microphoneState.set("unasked");
}
