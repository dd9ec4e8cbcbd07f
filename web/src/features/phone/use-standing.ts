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
  const problem = useStore(ownLeg.problem);
  const isLocked = useStore(ownLeg.isLocked);
  const microphone = useStore(microphoneState);
  const tab = useStore(tabId);
  if (!isWanted) return "other";
  if (state === "stopped") return isElsewhere(state, problem) ? "elsewhere" : "refused";
  if (state !== "up") return state;
  // Sound flows a moment before the server knows it, and only then may one supervise or be rung.
  if (leg?.tab_id !== tab || leg.state !== "up") return "connecting";
  if (isLocked) return "locked";
  return microphone === "denied" || microphone === "missing" ? microphone : "up";
}

/** Whether this page is connecting its phone: it was just opened, or came back. */
export function useIsConnecting(): boolean {
  return useStanding() === "connecting";
}
