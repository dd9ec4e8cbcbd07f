import { IconStack2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useNavigate } from "@tanstack/react-router";
import { apiPages, apiQuery, rowsOf, useMe, type Schema } from "@/api";
import { useRowActions } from "@/features/engagements";
import { interactionColumns, liveTopics, useInteractionTopics } from "@/features/interactions";
import { t } from "@/lib/texts";
import { useLiveQuery, useTopic } from "@/realtime";
import { DataTable, Duration, EmptyState, Page, Section, StateBadge, usePane, type Column } from "@/ui";

type QueueRow = Schema<"QueueRowOut">;

const COLUMNS: readonly Column<QueueRow>[] = [
  { id: "queue", header: t("interaction.queue"), narrow: "title", cell: (row) => row.queue.name },
  {
    id: "open",
    header: t("queues.state"),
    width: 120,
    narrow: "side",
    cell: (row) => <StateBadge state={row.is_open ? "live" : "ended"}>{t(row.is_open ? "queues.open" : "queues.closed")}</StateBadge>,
  },
  { id: "waiting", header: t("queues.waiting"), width: 100, align: "end", cell: (row) => row.waiting },
  {
    id: "longest",
    header: t("queues.longest"),
    width: 130,
    align: "end",
    cell: (row) => (row.longest_waiting_since === null ? "–" : <Duration since={row.longest_waiting_since} />),
  },
  { id: "on_queue", header: t("queues.agents"), width: 150, align: "end", cell: (row) => row.agents_on_queue },
  { id: "on_calls", header: t("queues.on_calls"), width: 100, align: "end", cell: (row) => row.on_calls },
];

const CALL_COLUMNS = interactionColumns(true).filter((column) => column.id !== "queue");

function QueueCalls({ queue }: { queue: QueueRow["queue"] }) {
  const { isReady } = useTopic(useInteractionTopics());
  const query = { state: "live" as const, queue_id: queue.id, order: "longest" as const, size: 100 };
  const list = useInfiniteQuery({ ...apiPages("/api/interactions", { params: { query } }), enabled: isReady });
  const actions = useRowActions();
  const pane = usePane();
  return (
    <Section title={t("queues.calls", { name: queue.name })}>
      <DataTable
        label={t("queues.calls", { name: queue.name })}
        columns={CALL_COLUMNS}
        rows={rowsOf(list.data)}
        problem={list.error}
        onRetry={list.refetch}
        rowId={(row) => row.id}
        rowName={(row) => t("interaction.row", { number: String(row.number), name: row.agent?.name ?? row.customer_name })}
        openId={pane.target?.id}
        onOpen={(row) => pane.open("interaction", row.id)}
        actions={actions}
        paging={{ kind: "more", hasMore: list.hasNextPage, isLoading: list.isFetchingNextPage, onMore: () => list.fetchNextPage() }}
        empty={<EmptyState icon={IconStack2} title={t("queues.no_calls")} text={t("interaction.empty.text")} />}
      />
    </Section>
  );
}

/** Performance › Queues: who waits and who answers; one queue's calls below with the supervisor's actions. */
export default function QueuesScreen() {
  const me = useMe();
  const topics = [...useInteractionTopics(), ...liveTopics(me, "view_users", "presences", "team-presences"), "queues"];
  const queues = useLiveQuery(topics, apiQuery("/api/queues/live"));
  const navigate = useNavigate();
  const chosen = (useSearch({ strict: false }) as Record<string, unknown>).queue;
  const open = queues.data?.find(({ queue }) => queue.id === chosen) ?? queues.data?.[0];
  return (
    <Page title={t("queues.title")} lead={t("queues.lead")}>
      <DataTable
        label={t("queues.title")}
        columns={COLUMNS}
        rows={queues.data}
        problem={queues.error}
        onRetry={queues.refetch}
        rowId={(row) => row.queue.id}
        rowName={(row) => row.queue.name}
        openId={open?.queue.id}
        onOpen={(row) => void navigate({ to: ".", search: (now: Record<string, unknown>) => ({ ...now, queue: row.queue.id }), replace: true })}
        empty={<EmptyState icon={IconStack2} title={t("queues.empty.title")} text={t("queues.empty.text")} />}
      />
      {open && <QueueCalls queue={open.queue} />}
    </Page>
  );
}
