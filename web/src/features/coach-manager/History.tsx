import { Anchor } from "@mantine/core";
import { IconDownload, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { apiPages, rowsOf, useEveryRow, type Schema } from "@/api";
import { modeLook, MODES } from "@/features/engagements";
import { endOfDay, startOfDay } from "@/lib/days";
import { formatDuration, useTimeZone } from "@/lib/format";
import { t } from "@/lib/texts";
import { DataTable, EmptyState, FilterBar, Moment, Section, useFilters, usePane, type Column, type Filter } from "@/ui";
import classes from "./coach-manager.module.css";

type HistoryRow = Schema<"HistoryRowOut">;

const COLUMNS: readonly Column<HistoryRow>[] = [
  { id: "type", header: t("coach_manager.history.type"), width: 92, narrow: "title", cell: (row) => t(modeLook(row.type).verb) },
  { id: "start", header: t("coach_manager.history.start"), width: 208, narrow: "side", cell: (row) => <Moment at={row.started_at} as="long" /> },
  { id: "end", header: t("coach_manager.history.end"), width: 208, cell: (row) => <Moment at={row.ended_at} as="long" /> },
  { id: "length", header: t("coach_manager.history.length"), width: 72, align: "end", cell: (row) => formatDuration(row.length_seconds) },
  { id: "user", header: t("coach_manager.history.user"), width: 138, cell: (row) => row.target_user?.name ?? t("interaction.customer") },
  { id: "campaign", header: t("coach_manager.history.campaign"), width: 138, cell: (row) => row.target_campaign || "–" },
];

/** The history of the selected user: a row a session of one type, newest first, with filters and CSV. */
export function History({ userId }: { userId: string }) {
  const zone = useTimeZone();
  const agents = useEveryRow(useInfiniteQuery(apiPages("/api/agents")));
  const definitions = useMemo<readonly Filter[]>(
    () => [
      {
        id: "mode",
        kind: "choice",
        label: t("coach_manager.history.type"),
        options: MODES.map(({ mode, verb }) => ({ value: mode, label: t(verb) })),
      },
      {
        id: "agent_id",
        kind: "choice",
        label: t("coach_manager.history.user"),
        options: (agents ?? []).map(({ user }) => ({ value: user.id, label: user.name })),
      },
      { id: "from", kind: "date", label: t("coach_manager.history.from") },
      { id: "to", kind: "date", label: t("coach_manager.history.to") },
    ],
    [agents],
  );
  const filters = useFilters(definitions);
  const { from, to, ...chosen } = filters.values;
  const query: Record<string, string> = { ...chosen, supervisor_id: userId };
  const [begin, end] = [startOfDay(from ?? "", zone), endOfDay(to ?? "", zone)];
  if (begin !== undefined) query.from = begin;
  if (end !== undefined) query.to = end;
  const list = useInfiniteQuery(apiPages("/api/coach-manager/history", { params: { query: { ...query, size: 50 } as never } }));
  const pane = usePane();
  return (
    <Section
      title={t("coach_manager.history")}
      actions={
        <Anchor href={`/api/coach-manager/history.csv?${new URLSearchParams(query).toString()}`} download className={classes.csv}>
          <IconDownload size={16} aria-hidden="true" />
          {t("coach_manager.history.csv")}
        </Anchor>
      }
    >
      <FilterBar filters={filters} />
      <DataTable
        label={t("coach_manager.history")}
        columns={COLUMNS}
        rows={rowsOf(list.data)}
        problem={list.error}
        onRetry={list.refetch}
        rowId={(row) => row.id}
        rowName={(row) => `${t(modeLook(row.type).verb)} · ${row.target_user?.name ?? ""}`}
        onOpen={(row) => pane.open("interaction", row.interaction_id)}
        paging={{ kind: "more", hasMore: list.hasNextPage, isLoading: list.isFetchingNextPage, onMore: () => list.fetchNextPage() }}
        empty={<EmptyState icon={IconHistory} title={t("coach_manager.history.empty.title")} text={t("coach_manager.history.empty.text")} />}
      />
    </Section>
  );
}
