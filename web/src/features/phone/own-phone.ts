import { asProblem, client, send, sendBeacon } from "@/api";
import { createStore } from "@/lib/store";
import { asIceServers, BrowserLeg, type LegState } from "./browser-leg";
import { hushMicrophone, microphoneState, openMicrophone } from "./microphone";
import { tabIdSettled } from "./tab-id";

/** Refusals that trying again does not change. */
const FINAL = new Set(["phone_in_other_tab", "offer_refused", "not_signed_in", "not_allowed"]);

/** Which offer of which leg the connection was made with; null before the first answer. */
export const ownLegId = createStore<{ legId: string; generation: number } | null>(null);

let takeOver = false;

/** The signed-in user's browser phone: one connection for as long as this tab is open. */
export const ownLeg = new BrowserLeg({
  iceServers: async () => asIceServers((await client.GET("/api/legs/ice-servers")).data),
  mayRetry: (error) => !FINAL.has(asProblem(error).code),
  signal: async (offer) => {
    const { leg_id, generation, answer } = await send("post", "/api/legs", {
      body: { offer, tab_id: await tabIdSettled, take_over: takeOver, has_microphone: microphoneState.get() === "on" },
    });
    takeOver = false;
    ownLegId.set({ legId: leg_id, generation });
    return { answer };
  },
});

/** Tell the server that this tab goes away, with its phone. */
export function sayFarewell(): void {
  const made = ownLegId.get();
  if (made !== null) sendBeacon("/api/legs/{leg_id}/close", made.legId, { generation: made.generation });
}

/** Whether this tab does without the phone because another tab has it. */
export function isElsewhere(state: LegState, problem: unknown): boolean {
  return state === "stopped" && (problem === null || asProblem(problem).code === "phone_in_other_tab");
}

/** Connect here although another tab has the phone; that tab is told. */
export function takePhoneHere(): void {
  takeOver = true;
  ownLeg.start();
}

/** How many presses are under way after which one speaks: until they are answered the microphone stays open. */
export const pressesToSpeak = createStore(0);

/**
 * Do what a press asks for and then speak: the microphone is asked for now, while the press is fresh, and not waited for.
 *
 * Only in the tab that has the phone. Should `run` fail, the microphone is as it was before.
 */
export async function pressToSpeak<T>(run: () => Promise<T>, { isMuted = false } = {}): Promise<T> {
  if (ownLeg.state.get() === "stopped") return run();
  pressesToSpeak.set((count) => count + 1);
  const wasHushed = hushMicrophone(isMuted);
  void openMicrophone();
  try {
    return await run();
  } catch (error) {
    hushMicrophone(wasHushed);
    throw error;
  } finally {
    pressesToSpeak.set((count) => count - 1);
  }
}
