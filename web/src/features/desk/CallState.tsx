import { standingText } from "@/features/engagements";
import { LiveStateBadge } from "@/features/interactions";
import { useSound } from "@/features/phone";
import { StateBadge } from "@/ui";
import type { Call } from "./use-desk";

/** What a call is doing; where one is on it with the browser and hears nothing, that first of all. */
export function CallState({ call }: { call: Call }) {
  const sound = useSound();
  const isJoined = call.participants.some((each) => each.id === call.my_participant_id && each.state === "joined");
  const text = isJoined && !call.is_on_telephone ? standingText({ state: sound }) : null;
  if (text === null) return <LiveStateBadge state={call.state} />;
  return <StateBadge state={sound === "lost" ? "warning" : "held"}>{text}</StateBadge>;
}
