import { Button } from "@mantine/core";
import { IconPhoneCall } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { apiPages, rowsOf } from "@/api";
import { useRowActions } from "@/features/engagements";
import { t } from "@/lib/texts";
import { useTopic } from "@/realtime";
import { DataTable, EmptyState, FilterBar, Page, useFilters, usePane, type Filter } from "@/ui";
import { interactionColumns } from "./columns";
import { useFilterChoices, useInteractionTopics } from "./use-interactions";

/** Performance › Interactions: everything in progress (or what has been), with the supervisor's actions on each row. */
export default function InteractionsScreen() {
  const { agents, teams, queues } = useFilterChoices();
  const definitions = useMemo<readonly Filter[]>(
    () => [
      {
        id: "state",
        kind: "switch",
        label: t("interaction.filter.state"),
        options: [
          { value: "", label: t("interaction.filter.live") },
          { value: "ended", label: t("interaction.filter.ended") },
        ],
      },
      {
        id: "live_state",
        kind: "choice",
        label: t("interaction.state"),
        options: (["waiting", "offering", "talking", "held", "consulting"] as const).map((value) => ({
          value,
          label: t(`interaction.state.${value}`),
        })),
      },
      { id: "team_id", kind: "choice", label: t("interaction.filter.team"), options: teams },
      { id: "agent_id", kind: "choice", label: t("interaction.filter.agent"), options: agents },
      { id: "queue_id", kind: "choice", label: t("interaction.queue"), options: queues },
      {
        id: "medium",
        kind: "choice",
        label: t("interaction.filter.medium"),
        options: (["voice", "chat"] as const).map((value) => ({ value, label: t(`interaction.medium.${value}`) })),
      },
      { id: "campaign", kind: "text", label: t("interaction.campaign") },
      {
        id: "order",
        kind: "switch",
        label: t("interaction.filter.order"),
        options: [
          { value: "", label: t("interaction.filter.newest") },
          { value: "longest", label: t("interaction.filter.longest") },
        ],
      },
    ],
    [agents, teams, queues],
  );
  const filters = useFilters(definitions);
  const isLive = filters.values.state !== "ended";
  const { isReady } = useTopic(useInteractionTopics());
  // Calls that have ended have no live state: one that is left in the address narrows nothing.
  const { live_state, ...others } = filters.values;
  const query = { ...others, ...(isLive && live_state !== undefined && { live_state }), state: isLive ? "live" : "ended", size: 100 } as const;
  const list = useInfiniteQuery({ ...apiPages("/api/interactions", { params: { query: query as never } }), enabled: isReady });
  const pane = usePane();
  const actions = useRowActions();
  const columns = useMemo(() => interactionColumns(isLive), [isLive]);

  return (
    <Page title={t("interaction.title")} lead={t("interaction.lead")} fill>
      <FilterBar filters={filters} />
      <DataTable
        label={t(isLive ? "interaction.list.live" : "interaction.list.ended")}
        height="fill"
        columns={columns}
        rows={rowsOf(list.data)}
        problem={list.error}
        onRetry={list.refetch}
        rowId={(row) => row.id}
        rowName={(row) => t("interaction.row", { number: String(row.number), name: row.agent?.name ?? row.customer_name })}
        openId={pane.target?.id}
        onOpen={(row) => pane.open("interaction", row.id)}
        actions={actions}
        paging={{
          kind: "more",
          hasMore: list.hasNextPage,
          isLoading: list.isFetchingNextPage,
          onMore: () => list.fetchNextPage(),
        }}
        empty={
          <EmptyState
            icon={IconPhoneCall}
            title={t(isLive ? "interaction.empty.live" : "interaction.empty.ended")}
            text={t("interaction.empty.text")}
            action={
              Object.keys(filters.values).length > 0 && (
                <Button variant="default" onClick={filters.clear}>
                  {t("interaction.empty.clear")}
                </Button>
              )
            }
          />
        }
      />
    </Page>
  );
}
