import { Anchor } from "@mantine/core";
import { IconDownload, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { apiPages, rowsOf, useEveryRow, type Schema } from "@/api";
import { modeLook, MODES } from "@/features/engagements";
import { endOfDay, startOfDay } from "@/lib/days";
import { formatDate, formatDuration, useTimeZone } from "@/lib/format";
import { t } from "@/lib/texts";
import { DataTable, EmptyState, FilterBar, Moment, Section, useFilters, usePane, type Column, type Filter } from "@/ui";
import classes from "./coach-manager.module.css";

type HistoryRow = Schema<"HistoryRowOut">;

/** "14:05" where it began the same day; a stretch rarely goes on past midnight. */
function End({ row }: { row: HistoryRow }) {
  return <Moment at={row.ended_at} as={formatDate(row.started_at) === formatDate(row.ended_at) ? "time" : "long"} />;
}

/** The columns of the history of one user or, with the supervisor among them, of everybody. */
export function historyColumns(isOfEverybody: boolean): readonly Column<HistoryRow>[] {
  const supervisor: Column<HistoryRow> = {
    id: "supervisor",
    header: t("coach_manager.history.supervisor"),
    width: 128,
    cell: (row) => row.supervisor.name,
  };
  return [
    { id: "type", header: t("coach_manager.history.type"), width: 106, narrow: "title", cell: (row) => t(modeLook(row.type).verb) },
    ...(isOfEverybody ? [supervisor] : []),
    { id: "start", header: t("coach_manager.history.start"), width: isOfEverybody ? 134 : 178, narrow: "side", cell: (row) => <Moment at={row.started_at} as={isOfEverybody ? "short" : "long"} /> },
    { id: "end", header: t("coach_manager.history.end"), width: 84, narrow: isOfEverybody ? "hidden" : "line", cell: (row) => <End row={row} /> },
    { id: "length", header: t("coach_manager.history.length"), width: 72, align: "end", cell: (row) => formatDuration(row.length_seconds) },
    { id: "user", header: t("coach_manager.history.user"), width: 114, cell: (row) => row.target_user?.name ?? t("interaction.customer") },
    { id: "campaign", header: t("coach_manager.history.campaign"), width: 124, cell: (row) => row.target_campaign || "–" },
  ];
}

/** The history of one user, or of everybody: a row a stretch of one type, newest first, with filters and CSV. */
export function History({ userId }: { userId?: string }) {
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
  const query: Record<string, string> = { ...chosen, ...(userId !== undefined && { supervisor_id: userId }) };
  const [begin, end] = [startOfDay(from ?? "", zone), endOfDay(to ?? "", zone)];
  if (begin !== undefined) query.from = begin;
  if (end !== undefined) query.to = end;
  const list = useInfiniteQuery(apiPages("/api/coach-manager/history", { params: { query: { ...query, size: 50 } as never } }));
  const pane = usePane();
  const columns = useMemo(() => historyColumns(userId === undefined), [userId]);
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
        columns={columns}
        rows={rowsOf(list.data)}
        problem={list.error}
        onRetry={list.refetch}
        rowId={(row) => row.id}
        rowName={(row) => [t(modeLook(row.type).verb), userId === undefined && row.supervisor.name, row.target_user?.name].filter(Boolean).join(" · ")}
        onOpen={(row) => pane.open("interaction", row.interaction_id)}
        paging={{ kind: "more", hasMore: list.hasNextPage, isLoading: list.isFetchingNextPage, onMore: () => list.fetchNextPage() }}
        empty={<EmptyState icon={IconHistory} title={t("coach_manager.history.empty.title")} text={t("coach_manager.history.empty.text")} />}
      />
    </Section>
  );
}
