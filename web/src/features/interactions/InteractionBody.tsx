import { Skeleton } from "@mantine/core";
import { apiQuery, asProblem, useMe } from "@/api";
import { t, tMaybe } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { Facts, Moment, ProblemAlert, Section, TimelineToScale } from "@/ui";
import { Length } from "./columns";
import { lanesOf } from "./lanes";
import { LiveStateBadge } from "./LiveStateBadge";
import { Participants } from "./Participants";
import type { InteractionDetail } from "./use-interactions";

/** One interaction, kept true by its events. */
export function useInteraction(interaction_id: string) {
  const me = useMe();
  const topics = [`interaction:${interaction_id}`, `user:${me.user.id}`];
  return useLiveQuery(topics, apiQuery("/api/interactions/{interaction_id}", { params: { path: { interaction_id } } }));
}

function Header({ detail }: { detail: InteractionDetail }) {
  return (
    <Facts
      items={[
        [t("interaction.state"), <LiveStateBadge key="state" state={detail.state} />],
        [t("interaction.length"), <Length key="length" row={detail} />],
        [t("interaction.customer"), detail.customer_name],
        [t("interaction.phone_number"), detail.phone_number],
        [t("interaction.queue"), detail.queue?.name],
        [t("interaction.campaign"), detail.campaign],
        [t("interaction.list"), detail.list_name],
        [t("interaction.result_code"), detail.result_code?.label],
        [t("interaction.started"), <Moment key="started" at={detail.started_at} />],
        ...(detail.ended_at === null
          ? []
          : ([
              [t("interaction.ended"), <Moment key="ended" at={detail.ended_at} />],
              [t("interaction.end_reason"), tMaybe(`interaction.end_reason.${detail.end_reason}`) ?? detail.end_reason],
            ] as const)),
      ]}
    />
  );
}

/** The facts, the people and the timeline of an interaction; in the third pane and on its own screen. */
export function InteractionBody({ query }: { query: ReturnType<typeof useInteraction> }) {
  const detail = query.data;
  if (detail === undefined) {
    return query.isError ? (
      <ProblemAlert problem={query.error} onRetry={query.refetch} />
    ) : (
      <div aria-busy="true">
        <Skeleton height={180} mb="md" />
        <Skeleton height={90} mb="md" />
        <Skeleton height={160} />
      </div>
    );
  }
  // Gone, or no longer for this person: what was held of it must not pass for live.
  if (query.isError && asProblem(query.error).status === 404) return <ProblemAlert problem={query.error} onRetry={query.refetch} />;
  return (
    <>
      <Header detail={detail} />
      <Participants detail={detail} />
      <Section title={t("interaction.timeline")}>
        <TimelineToScale
          title={t("interaction.row", { number: String(detail.number), name: detail.agent?.name ?? detail.customer_name })}
          lanes={lanesOf(detail)}
          start={detail.started_at}
          end={detail.ended_at}
        />
      </Section>
    </>
  );
}

/** What an interaction is called in headings. */
export function interactionTitle(detail: InteractionDetail | undefined): string {
  return detail === undefined ? t("interaction.one") : t("interaction.heading", { number: String(detail.number) });
}
