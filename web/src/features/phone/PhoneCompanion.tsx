import { useEffect } from "react";
import { apiQuery, session, useHolds, useMe } from "@/api";
import { useStore } from "@/lib/store";
import { useLiveQuery } from "@/realtime";
import { closeMicrophone, hushMicrophone, microphone, openMicrophone } from "./microphone";
import { isElsewhere, ownLeg, ownLegId, pressesToSpeak, sayFarewell } from "./own-phone";
import { tabId } from "./tab-id";
import { useOwnLeg } from "./use-own-leg";

/** How long another tab's phone must be gone before this tab takes it: a reload over there comes back sooner. */
const TAKE_BACK_AFTER_MS = 5000;

/** What one's voice is for now. */
function useOccupation(isWanted: boolean) {
  const { presence, user } = useMe();
  const mayHaveCalls = useHolds(["take_calls", "barge_kick"]);
  const topics = [`user:${user.id}`];
  const engagement = useLiveQuery(topics, { ...apiQuery("/api/engagements/mine"), enabled: isWanted }).data ?? null;
  const desk = useLiveQuery(topics, { ...apiQuery("/api/desk"), enabled: isWanted && mayHaveCalls }).data;
  const joined = (desk?.current ?? []).filter((call) =>
    call.participants.some((each) => each.id === call.my_participant_id && each.state === "joined"),
  );
  // A telephone has a microphone of its own: this one stays closed.
  const isOnTelephone = joined.some((call) => call.is_on_telephone);
  const isOnCall = joined.some((call) => !call.is_on_telephone) || (presence.status === "interacting" && !isOnTelephone);
  const isSupervising = engagement !== null && engagement.mode !== "barge_kick";
  return {
    isEngaged: engagement !== null,
    /** An agent speaks from going on queue, so that an answered call need not wait for the microphone. */
    isSpeaking: presence.status === "on_queue" || isOnCall || (engagement !== null && engagement.mode !== "monitor"),
    /** One's own call has a mute of its own. */
    isHushed: !isOnCall && isSupervising && (engagement.mode === "monitor" || engagement.is_muted),
  };
}

/**
 * Keeps the signed-in user's browser phone connected while they may be on calls, and has the microphone when they
 * have to speak: an agent from going on queue, a supervisor from coaching or joining in. Listening needs none.
 */
export function PhoneCompanion() {
  const { isWanted, leg } = useOwnLeg();
  const { isEngaged, isSpeaking, isHushed } = useOccupation(isWanted);
  const isSignedIn = useStore(session) === "open";
  const state = useStore(ownLeg.state);
  const problem = useStore(ownLeg.problem);
  const tab = useStore(tabId);
  const track = useStore(microphone);
  const isPressed = useStore(pressesToSpeak) > 0;

  // A session that is over takes the phone along; whoever signs in again on this page has it back.
  const isOn = isWanted && isSignedIn;
  useEffect(() => {
    if (!isOn) return undefined;
    ownLeg.start();
    const stay = ownLeg.onPageLeft(sayFarewell);
    return () => {
      stay();
      ownLeg.stop();
      closeMicrophone();
    };
  }, [isOn]);

  useEffect(() => {
    const made = ownLegId.get();
    if (!leg || made === null || isOlder(leg, made)) return;
    if (leg.tab_id !== tab && leg.state !== "closed") ownLeg.stop();
    else if (leg.generation === made.generation && (leg.is_reconnect_wanted || leg.state === "lost")) ownLeg.renew();
  }, [leg, tab]);

  // Whoever closes the tab that had the phone, or whose other machine is gone, is not left without one in this tab.
  const isOrphaned = isOn && isElsewhere(state, problem) && (leg === null || leg?.state === "lost");
  useEffect(() => {
    if (!isOrphaned) return undefined;
    const timer = setTimeout(() => ownLeg.start(), TAKE_BACK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isOrphaned]);

  // Only the tab that has the phone has the microphone.
  const hasPhone = isOn && state !== "stopped";
  const mustSpeak = hasPhone && isSpeaking;
  useEffect(() => {
    if (mustSpeak) void openMicrophone();
  }, [mustSpeak]);

  // Changing between modes must not open and close the microphone: it is given back when the reason to have it is over.
  const isKept = hasPhone && (isSpeaking || isEngaged || isPressed);
  useEffect(() => {
    void ownLeg.speak(isKept ? track : null);
  }, [isKept, track]);
  useEffect(() => {
    if (!isKept) closeMicrophone();
  }, [isKept]);

  // The server lets nobody hear it anyway; what is not to be heard need not leave this machine.
  useEffect(() => {
    hushMicrophone(isHushed);
  }, [isHushed]);

  return null;
}

/** Whether the answer about the phone was overtaken by a newer offer of this tab; ids of legs sort by age. */
function isOlder(leg: { leg_id: string; generation: number }, made: { legId: string; generation: number }): boolean {
  return leg.leg_id === made.legId ? leg.generation < made.generation : leg.leg_id < made.legId;
}
