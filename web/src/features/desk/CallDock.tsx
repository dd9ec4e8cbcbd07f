import { Anchor } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { LevelMeter, ownLeg, useOwnLeg } from "@/features/phone";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { AbilityButton, Duration, StateBadge } from "@/ui";
import { CallControls } from "./CallControls";
import { CallState } from "./CallState";
import classes from "./desk.module.css";
import { ResultCode } from "./ResultCode";
import { ShownSupervisors } from "./ShownSupervisors";
import { TakenOver } from "./TakenOver";
import { useCallControls, useDesk, type Call } from "./use-desk";
import { useRinging } from "./ringing";

/** Who is at the other end: the customer, or the agent who asks for advice. */
export function otherEnd(call: Call): string {
  return call.customer_name || call.phone_number || t("interaction.unknown");
}

/** Who wants to talk: the customer, or the colleague who asks about one. */
function who(call: Call): string {
  const me = call.participants.find((each) => each.id === call.my_participant_id);
  return me?.is_consulted === true ? t("desk.asks", { name: call.agent?.name ?? "", customer: otherEnd(call) }) : otherEnd(call);
}

function Line({ call }: { call: Call }) {
  const isRinging = call.abilities?.answer !== undefined;
  // What one has at a desk phone one hears there.
  const isHere = useOwnLeg().isWanted && !call.is_on_telephone;
  const text = who(call);
  return (
    <div className={classes.dock} role="group" aria-label={t("desk.call")} data-ringing={isRinging || undefined}>
      <div className={classes.who}>
        {isRinging ? <StateBadge state="warning">{t("desk.ringing")}</StateBadge> : <CallState call={call} />}
        <Anchor component={Link} to="/desk" className={classes.name}>
          {text}
        </Anchor>
        <span className={classes.dimmed}>{call.queue?.name}</span>
        <Duration since={call.answered_at ?? call.started_at} />
        {!isRinging && isHere && <LevelMeter leg={ownLeg} of="heard" />}
      </div>
      <ShownSupervisors />
      <CallControls call={call} />
      {!isRinging && <ResultCode call={call} />}
    </div>
  );
}

function WrapUp({ call }: { call: Call }) {
  const { finishWrapUp } = useCallControls();
  return (
    <div className={classes.dock} role="group" aria-label={t("desk.wrap_up")}>
      <div className={classes.who}>
        <StateBadge state="ended">{t("desk.wrap_up")}</StateBadge>
        <span className={classes.name}>{otherEnd(call)}</span>
      </div>
      <TakenOver call={call} />
      <ResultCode call={call} />
      <AbilityButton size="xs" ability="always" run={finishWrapUp}>
        {t("desk.finish_wrap_up")}
      </AbilityButton>
    </div>
  );
}

/** The call that one is on, on every screen; ringing first. */
export function CallDock() {
  const desk = useDesk();
  const isAtDesk = useLocation({ select: ({ pathname }) => pathname === "/desk" });
  const ringing = desk?.current.find((call) => call.abilities?.answer !== undefined);
  const name = ringing === undefined ? null : who(ringing);
  useRinging(name !== null);
  useEffect(() => {
    if (name !== null) announce(t("desk.rings", { name }), { urgent: true });
  }, [name]);
  // The desk itself shows the call with the same controls.
  if (desk === undefined || isAtDesk) return null;
  if (desk.current.length > 0) return desk.current.map((call) => <Line key={call.id} call={call} />);
  return desk.wrap_up === null ? null : <WrapUp call={desk.wrap_up} />;
}
