import { Anchor, Button } from "@mantine/core";
import { IconMicrophone, IconMicrophoneOff, IconPlayerStop } from "@tabler/icons-react";
import { useMe } from "@/api";
import { LevelMeter, microphoneState, MicrophoneWarning, ownLeg } from "@/features/phone";
import { useStore } from "@/lib/store";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { useEvent } from "@/realtime";
import { AbilityButton, Duration, notifyDone, notifyRefused, StateBadge, usePane } from "@/ui";
import classes from "./engagements.module.css";
import { modeLook, MODES } from "./modes";
import { useMine } from "./use-mine";
import { isInBrowser, ringingText, useEngage, type Engagement } from "./use-engage";

function State({ engagement }: { engagement: Engagement }) {
  if (engagement.state === "active") return <StateBadge state="live">{t(modeLook(engagement.mode).doing)}</StateBadge>;
  if (engagement.state === "lost") return <StateBadge state="warning">{t("engagement.state.lost")}</StateBadge>;
  return <StateBadge state="held">{t(engagement.phone_state === "ringing" ? "engagement.state.ringing" : "engagement.state.connecting")}</StateBadge>;
}

/** One's running engagement, in view on every screen: who, how, for how long, and the way to change or end it. */
export function EngagementDock() {
  const { user } = useMe();
  const mine = useMine();
  const pane = usePane();
  const { switchTo, mute, stop } = useEngage();
  const microphone = useStore(microphoneState);

  useEvent("engagement.ended", ({ engagement }) => {
    if (engagement.supervisor.id !== user.id || engagement.end_reason === "supervisor_stopped") return;
    const by = engagement.ended_by !== null && engagement.ended_by.id !== user.id ? engagement.ended_by.name : null;
    const text = by === null ? engagement.end_text : t("engagement.ended_by", { name: by });
    notifyRefused(t("engagement.ended", { doing: t(modeLook(engagement.mode).doing) }), text);
  });

  useEvent("engagement.started", ({ engagement }) => {
    // Whoever waits for a phone looks elsewhere meanwhile.
    if (engagement.supervisor.id !== user.id || isInBrowser(engagement)) return;
    announce(t("engagement.announce", { doing: t(modeLook(engagement.mode).doing) }));
  });

  if (!mine) return null;
  const isSpeaking = mine.mode !== "monitor";
  const isHere = isInBrowser(mine);
  const ringing = ringingText(mine);
  return (
    <div className={classes.dock} role="group" aria-label={t("engagement.dock")}>
      <div className={classes.who}>
        <State engagement={mine} />
        <Anchor component="button" type="button" onClick={() => pane.open("interaction", mine.interaction_id)} className={classes.name}>
          {mine.target_purpose === "customer" ? t("engagement.customers_side", { name: mine.agent?.name ?? "" }) : mine.agent?.name}
        </Anchor>
        <span className={classes.number}>{t("engagement.call_number", { number: String(mine.interaction_number) })}</span>
        <Duration since={mine.segment_started_at ?? mine.requested_at} />
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
      )}
      {mine.mode !== "barge_kick" && (
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
      )}
    </div>
  );
}
