import { Button } from "@mantine/core";
import {
  IconArrowForwardUp,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhone,
  IconPhoneOff,
  IconPlayerPause,
  IconPlayerPlay,
  IconUserQuestion,
  IconUsers,
  IconX,
} from "@tabler/icons-react";
import type { Ability } from "@/api";
import { MicrophoneWarning, ownLeg, pressToSpeak } from "@/features/phone";
import { t } from "@/lib/texts";
import { AbilityButton } from "@/ui";
import classes from "./desk.module.css";
import { ColleaguePicker } from "./ColleaguePicker";
import { useCallControls, type Call } from "./use-desk";

const icon = (Picture: typeof IconPhone) => <Picture size={16} aria-hidden="true" />;

/** What one does at one's telephone has no button here; the sentence that says so is said once. */
function withoutTelephones({ abilities = {} }: Call) {
  const isHere = ([, { refusal }]: [string, Ability]) => refusal?.code !== "on_the_telephone";
  const all = Object.entries(abilities);
  return { may: Object.fromEntries(all.filter(isHere)), text: all.find((one) => !isHere(one))?.[1].refusal?.text };
}

/** Everything that one can do with a call now; what the rules refuse is shown with the reason. */
export function CallControls({ call, size = "xs" }: { call: Call; size?: "xs" | "sm" }) {
  const { control, consult, transfer } = useCallControls();
  const { may, text } = withoutTelephones(call);
  const answer = async () => {
    // The press lets the browser ask for the microphone and play sound.
    void ownLeg.unlock();
    await pressToSpeak(() => control(call, "answer"));
  };
  const isJoined = call.participants.some((each) => each.id === call.my_participant_id && each.state === "joined");
  const plain = [
    ["mute", IconMicrophone],
    ["unmute", IconMicrophoneOff],
    ["hold", IconPlayerPause],
    ["resume", IconPlayerPlay],
  ] as const;
  return (
    <div className={classes.controls} role="group" aria-label={t("desk.controls")}>
      {text !== undefined && <span className={classes.dimmed}>{text}</span>}
      {isJoined && !call.is_on_telephone && <MicrophoneWarning />}
      <AbilityButton size={size} color="green" ability={may.answer} leftSection={icon(IconPhone)} run={answer}>
        {t("desk.answer")}
      </AbilityButton>
      <AbilityButton size={size} variant="default" ability={may.decline} leftSection={icon(IconX)} run={() => control(call, "decline")}>
        {t("desk.decline")}
      </AbilityButton>
      {plain.map(([verb, Picture]) => (
        <AbilityButton
          key={verb}
          size={size}
          variant={verb === "unmute" ? "filled" : "default"}
          ability={may[verb]}
          leftSection={icon(Picture)}
          run={() => control(call, verb)}
        >
          {t(`desk.${verb}`)}
        </AbilityButton>
      ))}
      {may.consult?.allowed === true ? (
        <ColleaguePicker callId={call.id} onPerson={(id) => consult(call, id)}>
          <Button size={size} variant="default" leftSection={icon(IconUserQuestion)}>
            {t("desk.consult")}
          </Button>
        </ColleaguePicker>
      ) : (
        <AbilityButton size={size} variant="default" ability={may.consult} leftSection={icon(IconUserQuestion)} run={() => undefined}>
          {t("desk.consult")}
        </AbilityButton>
      )}
      <AbilityButton size={size} ability={may.complete_transfer} leftSection={icon(IconUsers)} run={() => control(call, "complete-transfer")}>
        {t("desk.complete_transfer")}
      </AbilityButton>
      <AbilityButton size={size} variant="default" ability={may.cancel_consult} leftSection={icon(IconX)} run={() => control(call, "cancel-consult")}>
        {t("desk.cancel_consult")}
      </AbilityButton>
      {may.transfer?.allowed === true ? (
        <ColleaguePicker
          callId={call.id}
          withQueues
          onPerson={(user_id) => transfer(call, { user_id })}
          onQueue={(queue_id) => transfer(call, { queue_id })}
        >
          <Button size={size} variant="default" leftSection={icon(IconArrowForwardUp)}>
            {t("desk.transfer")}
          </Button>
        </ColleaguePicker>
      ) : (
        <AbilityButton size={size} variant="default" ability={may.transfer} leftSection={icon(IconArrowForwardUp)} run={() => undefined}>
          {t("desk.transfer")}
        </AbilityButton>
      )}
      <AbilityButton size={size} color="red" ability={may.end} leftSection={icon(IconPhoneOff)} run={() => control(call, "end")}>
        {t("desk.end")}
      </AbilityButton>
    </div>
  );
}
