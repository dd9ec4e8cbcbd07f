import { createStore } from "@/lib/store";

/** Whether this page may use the microphone: not asked yet, in use, refused by the person, or none there. */
export type MicrophoneState = "unasked" | "asking" | "on" | "denied" | "missing";

/** What became of asking for the microphone. */
export const microphoneState = createStore<MicrophoneState>("unasked");

/** The microphone while it is open; whoever sends it follows this, as it changes when a device is plugged in or out. */
export const microphone = createStore<MediaStreamTrack | null>(null);

/** The question that the browser has not answered yet: whoever asks meanwhile waits for the same answer. */
let asked: Promise<MediaStreamTrack | null> | null = null;
/** Rises when the microphone is given back; an answer to an earlier turn is given back at once. */
let turn = 0;
let isWanted = false;
let isHushed = false;

/**
 * Return the microphone, asking for permission the first time it is needed to speak; null when there is none to use.
 *
 * `microphoneState` says why not. A refusal is asked again at the next call, as browsers let people change their mind;
 * until {@link closeMicrophone} a device that is plugged in, or a permission that is given, is taken by itself.
 */
export function openMicrophone(): Promise<MediaStreamTrack | null> {
  isWanted = true;
  const held = microphone.get();
  if (held?.readyState === "live") return Promise.resolve(held);
  if (!("mediaDevices" in navigator)) {
    microphoneState.set("missing");
    return Promise.resolve(null);
  }
  watchDevices();
  if (asked !== null) return asked;
  const question = ask(turn);
  asked = question;
  void question.then(() => {
    if (asked === question) asked = null;
  });
  return question;
}

/** Give the microphone back, also one that is still being asked for: the browser's recording sign goes out. */
export function closeMicrophone(): void {
  turn += 1;
  isWanted = false;
  asked = null;
  const held = microphone.get();
  microphone.set(null);
  held?.stop();
  if (microphoneState.get() === "on" || microphoneState.get() === "asking") microphoneState.set("unasked");
}

/** Keep the microphone open but let nothing be said into it, or let it be said again; returns how it was. */
export function hushMicrophone(isSilent: boolean): boolean {
  const before = isHushed;
  isHushed = isSilent;
  const held = microphone.get();
  if (held !== null) held.enabled = !isSilent;
  return before;
}

async function ask(mine: number): Promise<MediaStreamTrack | null> {
  microphoneState.set("asking");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
    if (mine !== turn) {
      for (const late of stream.getTracks()) late.stop();
      return null;
    }
    const track = stream.getAudioTracks()[0] ?? null;
    if (track !== null) {
      track.enabled = !isHushed;
      track.addEventListener("ended", () => unplugged(track));
    }
    microphoneState.set(track === null ? "missing" : "on");
    microphone.set(track);
    return track;
  } catch (error) {
    if (mine === turn) microphoneState.set(error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "missing");
    return null;
  }
}

/** The device is gone, or the permission: another device may be there already. */
function unplugged(track: MediaStreamTrack): void {
  if (microphone.get() !== track) return;
  microphone.set(null);
  microphoneState.set("missing");
  askAgain();
}

function askAgain(): void {
  if (isWanted && microphone.get() === null) void openMicrophone();
}

let isWatching = false;

/** Take a microphone that is plugged in, or allowed in the site settings, while one is wanted and there is none. */
function watchDevices(): void {
  if (isWatching) return;
  isWatching = true;
  navigator.mediaDevices.addEventListener("devicechange", () => {
    if (microphoneState.get() === "missing") askAgain();
  });
  // Not every browser lets a page ask about this permission.
  void navigator.permissions
    ?.query({ name: "microphone" as PermissionName })
    .then((permission) => {
      permission.addEventListener("change", () => {
        if (permission.state === "granted") askAgain();
      });
    })
    .catch(() => undefined);
}
