import { useStore } from "@/lib/store";
import { microphoneState } from "./microphone";
import { isElsewhere, ownLeg } from "./own-phone";
import { tabId } from "./tab-id";
import { useOwnLeg } from "./use-own-leg";

/** Where one's phone stands, as the top bar says it; `other`: it is none of this browser's. */
export type Standing = "up" | "connecting" | "lost" | "elsewhere" | "refused" | "locked" | "denied" | "missing" | "other";

/** Where one's phone stands now. */
export function useStanding(): Standing {
  const { leg, isWanted } = useOwnLeg();
  const state = useStore(ownLeg.state);
  const isStill = useStore(ownLeg.isStill);
  const problem = useStore(ownLeg.problem);
  const isLocked = useStore(ownLeg.isLocked);
  const microphone = useStore(microphoneState);
  const tab = useStore(tabId);
  if (!isWanted) return "other";
  if (state === "stopped") return isElsewhere(state, problem) ? "elsewhere" : "refused";
  if (state !== "up") return state;
  if (isStill) return "lost";
  // Sound flows a moment before the server knows it, and only then may one supervise or be rung.
  if (leg?.tab_id !== tab || leg.state !== "up") return "connecting";
  if (isLocked) return "locked";
  return microphone === "denied" || microphone === "missing" ? microphone : "up";
}

/** Whether this page is connecting its phone: it was just opened, or came back. */
export function useIsConnecting(): boolean {
  return useStanding() === "connecting";
}

/**
 * Whether one hears by the browser phone now, as soon as anybody knows it: this page of a connection of its own, sooner
 * than the server; the server of one that another tab has.
 */
export function useSound(): "up" | "connecting" | "lost" {
  const { leg, isWanted } = useOwnLeg();
  const state = useStore(ownLeg.state);
  const isStill = useStore(ownLeg.isStill);
  if (!isWanted) return "up";
  if (state === "connecting" || state === "lost") return state;
  if (isStill) return "lost";
  if (leg === undefined || leg?.state === "up") return "up";
  // Of the connection that this page has just made the server learns a moment later.
  if (leg === null) return state === "up" ? "connecting" : "lost";
  return leg.state === "connecting" ? "connecting" : "lost";
}
