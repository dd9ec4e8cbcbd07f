import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { apiQuery, useHolds, useMe } from "@/api";
import { useLiveQuery } from "@/realtime";
import { closeMicrophone, openMicrophone } from "./microphone";
import { ownLeg, ownLegId, TAB_ID } from "./own-phone";

/**
 * Keeps the signed-in user's browser phone connected while they may be on calls, and has the microphone when they
 * have to speak: an agent from going on queue, a supervisor from coaching or joining in. Listening needs none.
 */
export function PhoneCompanion() {
  const { phone, presence, user } = useMe();
  const mayBeOnCalls = useHolds(["take_calls", "monitor", "coach", "barge", "barge_kick"]);
  const isWanted = mayBeOnCalls && phone?.kind === "browser";
  const leg = useLiveQuery([`user:${user.id}`], { ...apiQuery("/api/legs/mine"), enabled: isWanted }).data;
  const engagement = useQuery({ ...apiQuery("/api/engagements/mine"), enabled: isWanted }).data;
  const mode = engagement?.mode;
  const isSpeaking =
    presence.status === "on_queue" || presence.status === "interacting" || (mode !== undefined && mode !== "monitor");

  useEffect(() => {
    if (!isWanted) return undefined;
    ownLeg.start();
    return () => {
      ownLeg.stop();
      closeMicrophone();
    };
  }, [isWanted]);

  useEffect(() => {
    const made = ownLegId.get();
    if (!leg || made === null || leg.generation < made.generation) return;
    if (leg.tab_id !== TAB_ID && leg.state !== "closed") ownLeg.stop();
    else if (leg.generation === made.generation && (leg.is_reconnect_wanted || leg.state === "lost")) ownLeg.renew();
  }, [leg]);

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
