import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { apiQuery, useMe } from "@/api";
import { useStore } from "@/lib/store";
import { closeMicrophone, openMicrophone } from "./microphone";
import { isElsewhere, ownLeg, ownLegId, sayFarewell, TAB_ID } from "./own-phone";
import { useOwnLeg } from "./use-own-leg";

/** How long another tab's phone must be gone before this tab takes it: a reload over there comes back sooner. */
const TAKE_BACK_AFTER_MS = 5000;

/**
 * Keeps the signed-in user's browser phone connected while they may be on calls, and has the microphone when they
 * have to speak: an agent from going on queue, a supervisor from coaching or joining in. Listening needs none.
 */
export function PhoneCompanion() {
  const { presence } = useMe();
  const { isWanted, leg } = useOwnLeg();
  const engagement = useQuery({ ...apiQuery("/api/engagements/mine"), enabled: isWanted }).data;
  const state = useStore(ownLeg.state);
  const problem = useStore(ownLeg.problem);
  const mode = engagement?.mode;
  const isSpeaking =
    presence.status === "on_queue" || presence.status === "interacting" || (mode !== undefined && mode !== "monitor");

  useEffect(() => {
    if (!isWanted) return undefined;
    ownLeg.start();
    const stay = ownLeg.onPageLeft(sayFarewell);
    return () => {
      stay();
      ownLeg.stop();
      closeMicrophone();
    };
  }, [isWanted]);

  useEffect(() => {
    const made = ownLegId.get();
    if (!leg || made === null || isOlder(leg, made)) return;
    if (leg.tab_id !== TAB_ID && leg.state !== "closed") ownLeg.stop();
    else if (leg.generation === made.generation && (leg.is_reconnect_wanted || leg.state === "lost")) ownLeg.renew();
  }, [leg]);

  // Whoever closes the tab that had the phone, or whose other machine is gone, is not left without one in this tab.
  const isOrphaned = isWanted && isElsewhere(state, problem) && (leg === null || leg?.state === "lost");
  useEffect(() => {
    if (!isOrphaned) return undefined;
    const timer = setTimeout(() => ownLeg.start(), TAKE_BACK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isOrphaned]);

  useEffect(() => {
    if (!isWanted || !isSpeaking) return undefined;
    let isOver = false;
    void openMicrophone().then((track) => (isOver ? undefined : ownLeg.speak(track)));
    return () => {
      isOver = true;
    };
  }, [isWanted, isSpeaking]);

  // Changing between modes must not open and close the microphone: it is given back when the reason to have it is over.
  const isEngaged = engagement !== null && engagement !== undefined;
  useEffect(() => {
    if (isSpeaking || isEngaged) return;
    void ownLeg.speak(null);
    closeMicrophone();
  }, [isSpeaking, isEngaged]);

  return null;
}

/** Whether the answer about the phone was overtaken by a newer offer of this tab; ids of legs sort by age. */
function isOlder(leg: { leg_id: string; generation: number }, made: { legId: string; generation: number }): boolean {
  return leg.leg_id === made.legId ? leg.generation < made.generation : leg.leg_id < made.legId;
}
