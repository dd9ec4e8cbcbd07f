import { asProblem, client, send, sendBeacon } from "@/api";
import { uuid } from "@/lib/ids";
import { createStore } from "@/lib/store";
import { asIceServers, BrowserLeg, type LegState } from "./browser-leg";
import { microphoneState } from "./microphone";

/** Refusals that trying again does not change. */
const FINAL = new Set(["phone_in_other_tab", "offer_refused", "not_signed_in", "not_allowed"]);

/** Names this tab to the server through reloads, so that another tab is told instead of taking the phone away. */
function tabId(): string {
  try {
    const kept = window.sessionStorage.getItem("sideline.tab");
    if (kept !== null) return kept;
    const made = uuid();
    window.sessionStorage.setItem("sideline.tab", made);
    return made;
  } catch {
    return uuid();
  }
}

/** This tab, as the server knows it. */
export const TAB_ID = tabId();

/** Which offer of which leg the connection was made with; null before the first answer. */
export const ownLegId = createStore<{ legId: string; generation: number } | null>(null);

let takeOver = false;

/** The signed-in user's browser phone: one connection for as long as this tab is open. */
export const ownLeg = new BrowserLeg({
  iceServers: async () => asIceServers((await client.GET("/api/legs/ice-servers")).data),
  mayRetry: (error) => !FINAL.has(asProblem(error).code),
  signal: async (offer) => {
    const { leg_id, generation, answer } = await send("post", "/api/legs", {
      body: { offer, tab_id: TAB_ID, take_over: takeOver, has_microphone: microphoneState.get() === "on" },
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
