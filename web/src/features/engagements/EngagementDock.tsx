import { Anchor, Button } from "@mantine/core";
import { IconMicrophone, IconMicrophoneOff, IconPlayerStop } from "@tabler/icons-react";
import { useRef } from "react";
import { apiQuery, useMe, type Schema } from "@/api";
import { LevelMeter, microphoneState, MicrophoneWarning, ownLeg, useSound } from "@/features/phone";
import { useStore } from "@/lib/store";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { useEvent, useLiveQuery } from "@/realtime";
import { AbilityButton, Duration, notifyDone, notifyRefused, StateBadge, usePane } from "@/ui";
import classes from "./engagements.module.css";
import { modeLook, MODES, standingText } from "./modes";
import { useMine } from "./use-mine";
import { isHeard, isInBrowser, ringingText, useEngage, type Engagement } from "./use-engage";

/** Whether the phone by which one hears has its connection. */
type Sound = ReturnType<typeof useSound>;

/** What one hears now; while one doesn't hear it yet, what that waits for. */
function State({ engagement, sound }: { engagement: Engagement; sound: Sound }) {
  const isHeld = useIsCustomerHeld(engagement);
  if (engagement.state === "lost") return <StateBadge state="warning">{t("engagement.state.lost")}</StateBadge>;
  if (engagement.state === "active") {
    if (sound !== "up") return <StateBadge state={sound === "lost" ? "warning" : "held"}>{standingText({ state: sound })}</StateBadge>;
    if (!isHeard(engagement)) return <StateBadge state="held">{t("engagement.state.changing")}</StateBadge>;
    if (isHeld) return <StateBadge state="held">{t("interaction.state.held")}</StateBadge>;
    return <StateBadge state="live">{t(modeLook(engagement.mode).doing)}</StateBadge>;
  }
  return <StateBadge state="held">{t(engagement.phone_state === "ringing" ? "engagement.state.ringing" : "engagement.state.connecting")}</StateBadge>;
}

/** Whether one has taken the call over and its customer is on hold. */
function useIsCustomerHeld({ mode, interaction_id, supervisor }: Engagement): boolean {
  const desk = useLiveQuery([`user:${supervisor.id}`], { ...apiQuery("/api/desk"), enabled: mode === "barge_kick" }).data;
  const call = desk?.current.find((each) => each.id === interaction_id);
  return mode === "barge_kick" && call !== undefined && call.participants.some((each) => each.is_held);
}

/** One's running engagement, in view on every screen: who, how, for how long, and the way to change or end it. */
export function EngagementDock() {
  const { user } = useMe();
  const mine = useMine();
  const pane = usePane();
  const { switchTo, mute, stop } = useEngage();
  const microphone = useStore(microphoneState);
  const browserSound = useSound();

  useEvent("engagement.ended", ({ engagement }) => {
    if (engagement.supervisor.id !== user.id || engagement.end_reason === "supervisor_stopped") return;
    const by = engagement.ended_by !== null && engagement.ended_by.id !== user.id ? engagement.ended_by.name : null;
    const text = by === null ? engagement.end_text : t("engagement.ended_by", { name: by });
    notifyRefused(t(`engagement.ended.${engagement.mode}`), text);
  });

  // Said when it is so: until then one may wait for a phone, and look elsewhere meanwhile.
  const said = useRef("");
  const sayHeard = ({ engagement }: { engagement: Schema<"EngagementSummary"> }) => {
    if (engagement.supervisor.id !== user.id || !isHeard(engagement)) return;
    const what = `${engagement.id} ${engagement.mode}`;
    if (said.current !== what) announce(t(`engagement.started.${engagement.mode}`));
    said.current = what;
  };
  useEvent("engagement.started", sayHeard);
  useEvent("engagement.switched", sayHeard);

  if (!mine) return null;
  const isSpeaking = mine.mode !== "monitor";
  const isHere = isInBrowser(mine);
  const sound = isHere ? browserSound : "up";
  const ringing = ringingText(mine);
  return (
    <div className={classes.dock} role="group" aria-label={t("engagement.dock")}>
      <div className={classes.who}>
        <State engagement={mine} sound={sound} />
        <Anchor component="button" type="button" onClick={() => pane.open("interaction", mine.interaction_id)} className={classes.name}>
          {mine.target_purpose === "customer" ? t("engagement.customers_side", { name: mine.agent?.name ?? "" }) : mine.agent?.name}
        </Anchor>
        <span className={classes.number}>{t("engagement.call_number", { number: String(mine.interaction_number) })}</span>
        {mine.segment_started_at !== null && sound === "up" && <Duration since={mine.segment_started_at} />}
      </div>
      {ringing !== null && <p className={classes.ringing}>{ringing}</p>}
      <div className={classes.sound}>
        {isHere && <LevelMeter leg={ownLeg} of="heard" />}
        {isSpeaking && (
          <>
            {/* Who took a call over mutes with the call's own controls. */}
            {mine.mode !== "barge_kick" && (
              <AbilityButton
                size="xs"
                variant={mine.is_muted ? "filled" : "default"}
                ability={mine.abilities?.mute}
                label={t(mine.is_muted ? "engagement.unmute" : "engagement.mute")}
                leftSection={mine.is_muted ? <IconMicrophoneOff size={16} aria-hidden="true" /> : <IconMicrophone size={16} aria-hidden="true" />}
                run={() => mute(mine, !mine.is_muted)}
              >
                {t(mine.is_muted ? "engagement.unmute_short" : "engagement.mute_short")}
              </AbilityButton>
            )}
            {isHere && (microphone === "on" ? <LevelMeter leg={ownLeg} of="said" /> : <MicrophoneWarning />)}
          </>
        )}
      </div>
      {mine.mode !== "barge_kick" && (
        <div className={classes.controls}>
          <Button.Group className={classes.modes}>
            {MODES.map(({ mode, verb, icon: Picture, keys }) =>
              mode === mine.mode ? (
                <Button key={mode} size="xs" variant="filled" aria-pressed="true" leftSection={<Picture size={15} aria-hidden="true" />}>
                  {t(verb)}
                </Button>
              ) : (
                <AbilityButton
                  key={mode}
                  size="xs"
                  variant="default"
                  ability={mine.abilities?.[mode]}
                  keys={keys}
                  leftSection={<Picture size={15} aria-hidden="true" />}
                  run={() => switchTo(mine, mode)}
                >
                  {t(verb)}
                </AbilityButton>
              ),
            )}
          </Button.Group>
          <AbilityButton
            size="xs"
            color="red"
            variant="light"
            keys="s"
            ability={mine.abilities?.stop}
            leftSection={<IconPlayerStop size={15} aria-hidden="true" />}
            run={() => stop(mine).then(() => notifyDone(t("engagement.stopped")))}
          >
            {t("engagement.verb.stop")}
          </AbilityButton>
        </div>
      )}
    </div>
  );
}
