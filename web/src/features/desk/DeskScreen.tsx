import { Skeleton } from "@mantine/core";
import { IconHeadset } from "@tabler/icons-react";
import { useMe } from "@/api";
import { t } from "@/lib/texts";
import { AbilityButton, Duration, EmptyState, Facts, Page, PersonName, ProblemAlert, Section, StateBadge } from "@/ui";
import { CallControls } from "./CallControls";
import { otherEnd } from "./CallDock";
import { CallState } from "./CallState";
import classes from "./desk.module.css";
import { ResultCode } from "./ResultCode";
import { ShownSupervisors } from "./ShownSupervisors";
import { TakenOver } from "./TakenOver";
import { useCallControls, useDeskQuery, type Call } from "./use-desk";

function OpenCall({ call, isWrapUp = false }: { call: Call; isWrapUp?: boolean }) {
  const { finishWrapUp } = useCallControls();
  const others = call.participants.filter((each) => each.id !== call.my_participant_id && each.state !== "left");
  return (
    <article className={classes.open} aria-label={otherEnd(call)}>
      <header className={classes.openHeader}>
        <h2 className={classes.openTitle}>{otherEnd(call)}</h2>
        {isWrapUp ? <StateBadge state="ended">{t("desk.wrap_up")}</StateBadge> : <CallState call={call} />}
        {call.ended_at === null && !isWrapUp && <Duration since={call.answered_at ?? call.started_at} />}
      </header>
      {isWrapUp ? <TakenOver call={call} /> : <ShownSupervisors />}
      <CallControls call={call} size="sm" />
      {isWrapUp && (
        <div>
          <AbilityButton size="sm" ability="always" run={finishWrapUp}>
            {t("desk.finish_wrap_up")}
          </AbilityButton>
        </div>
      )}
      <div className={classes.columns}>
        <Section title={t("desk.customer")}>
          <Facts
            items={[
              [t("interaction.phone_number"), call.phone_number],
              [t("interaction.queue"), call.queue?.name],
              [t("interaction.campaign"), call.campaign],
              [t("interaction.list"), call.list_name],
              [t("interaction.number"), call.number],
              [t("interaction.result_code"), <ResultCode key="code" call={call} size="sm" />],
            ]}
          />
        </Section>
        {/* Whoever is on it now is none of the business of who left it. */}
        {!isWrapUp && (
          <Section title={t("desk.on_the_call")}>
            <ul className={classes.people}>
              {others.map((each) => (
                <li key={each.id}>
                  <PersonName name={each.name || t("interaction.customer")} withInitials />
                  <span className={classes.dimmed}>
                    {each.is_held ? t("interaction.participant.held") : each.state === "ringing" ? t("interaction.participant.ringing") : ""}
                  </span>
                </li>
              ))}
            </ul>
          </Section>
        )}
      </div>
    </article>
  );
}

/** Desk: the agent's calls, with every control. */
export default function DeskScreen() {
  const query = useDeskQuery();
  const desk = query.data;
  const { phone, presence } = useMe();
  const isOnQueue = presence.status === "on_queue";
  return (
    <Page title={t("desk.title")} lead={t("desk.lead")}>
      {query.isError && <ProblemAlert problem={query.error} onRetry={() => query.refetch()} />}
      {desk === undefined && !query.isError && (
        <div aria-busy="true" aria-label={t("shell.loading")}>
          <Skeleton height={240} />
        </div>
      )}
      {desk?.current.map((call) => <OpenCall key={call.id} call={call} />)}
      {desk?.wrap_up && desk.current.length === 0 && <OpenCall call={desk.wrap_up} isWrapUp />}
      {desk !== undefined && desk.current.length === 0 && desk.wrap_up === null && (
        <EmptyState
          icon={IconHeadset}
          title={t("desk.empty.title")}
          text={t(isOnQueue ? "desk.empty.on_queue" : phone?.kind === "sip" ? "desk.empty.telephone" : "desk.empty.off_queue")}
        />
      )}
    </Page>
  );
}
