import { IconUsers } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { apiPages, rowsOf, useMe, type Schema } from "@/api";
import { Listeners, useRowActions, type RowSeat } from "@/features/engagements";
import { LiveStateBadge, liveTopics, useFilterChoices, useInteractionTopics } from "@/features/interactions";
import { PresenceLabel } from "@/features/presence";
import { t } from "@/lib/texts";
import { useTopic } from "@/realtime";
import { DataTable, Duration, EmptyState, FilterBar, Page, PersonName, useFilters, usePane, type Column, type Filter } from "@/ui";

type AgentRow = Schema<"AgentRowOut">;

const COLUMNS: readonly Column<AgentRow>[] = [
  { id: "agent", header: t("interaction.agent"), narrow: "title", cell: (row) => <PersonName name={row.user.name} withInitials /> },
  {
    id: "presence",
    header: t("agents.presence"),
    width: 170,
    narrow: "side",
    cell: (row) => row.presence && <PresenceLabel status={row.presence.status} reason={row.presence.reason} />,
  },
  { id: "since", header: t("agents.since"), width: 84, align: "end", cell: (row) => row.presence && <Duration since={row.presence.since} /> },
  { id: "team", header: t("agents.team"), width: 120, narrow: "hidden", cell: (row) => row.user.team?.name ?? "–" },
  {
    id: "call",
    header: t("agents.call"),
    width: 140,
    cell: (row) => row.interaction && <LiveStateBadge state={row.interaction.state} />,
  },
  {
    id: "customer",
    header: t("interaction.customer"),
    cell: (row) => (row.interaction ? row.interaction.customer_name || row.interaction.phone_number : ""),
  },
  {
    id: "length",
    header: t("interaction.length"),
    width: 84,
    align: "end",
    cell: (row) => row.interaction && <Duration since={row.interaction.started_at} />,
  },
  { id: "listeners", header: t("interaction.listeners"), width: 170, cell: (row) => (row.listeners.length === 0 ? null : <Listeners listeners={row.listeners} />) },
];

/** The agent's own seat: of an agent who consults another, the row of each means that one. Nobody is heard before they joined. */
function seatOf({ interaction, participant_id, abilities }: AgentRow): RowSeat | null {
  const seat = interaction?.participants.find((each) => each.id === participant_id);
  return seat?.state === "joined" ? { participant_id: seat.id, abilities } : null;
}

/** Performance › Agents: who is doing what now, with the supervisor's actions on whoever is on a call. */
export default function AgentsScreen() {
  const me = useMe();
  const { teams, queues } = useFilterChoices();
  const definitions = useMemo<readonly Filter[]>(
    () => [
      { id: "team_id", kind: "choice", label: t("interaction.filter.team"), options: teams },
      { id: "queue_id", kind: "choice", label: t("interaction.queue"), options: queues },
      {
        id: "status",
        kind: "choice",
        label: t("agents.presence"),
        options: (["on_queue", "interacting", "wrap_up", "available", "not_ready", "offline"] as const).map((value) => ({
          value,
          label: t(`presence.${value}`),
        })),
      },
    ],
    [teams, queues],
  );
  const filters = useFilters(definitions);
  const topics = [...useInteractionTopics(), ...liveTopics(me, "view_users", "presences", "team-presences")];
  const { isReady } = useTopic(topics);
  const query = { ...filters.values, size: 200 };
  const list = useInfiniteQuery({ ...apiPages("/api/agents", { params: { query: query as never } }), enabled: isReady });
  const actionsOf = useRowActions();
  const pane = usePane();
  return (
    <Page title={t("agents.title")} lead={t("agents.lead")} fill>
      <FilterBar filters={filters} />
      <DataTable
        label={t("agents.title")}
        height="fill"
        columns={COLUMNS}
        rows={rowsOf(list.data)}
        problem={list.error}
        onRetry={list.refetch}
        rowId={(row) => row.user.id}
        rowName={(row) => row.user.name}
        openId={null}
        onOpen={(row) => row.interaction && pane.open("interaction", row.interaction.id)}
        actions={(row) => actionsOf(row.interaction, seatOf(row))}
        paging={{ kind: "more", hasMore: list.hasNextPage, isLoading: list.isFetchingNextPage, onMore: () => list.fetchNextPage() }}
        empty={<EmptyState icon={IconUsers} title={t("agents.empty.title")} text={t("agents.empty.text")} />}
      />
    </Page>
  );
}
