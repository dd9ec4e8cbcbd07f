import { Listeners } from "@/features/engagements";
import { formatDuration } from "@/lib/format";
import { t } from "@/lib/texts";
import { Duration, Moment, PersonName, type Column } from "@/ui";
import { LiveStateBadge } from "./LiveStateBadge";
import type { InteractionRow } from "./use-interactions";

/** How long it lasted, or lasts. */
export function Length({ row }: { row: { started_at: string; ended_at: string | null } }) {
  if (row.ended_at === null) return <Duration since={row.started_at} />;
  return <>{formatDuration((Date.parse(row.ended_at) - Date.parse(row.started_at)) / 1000)}</>;
}

/** The columns of a list of interactions. */
export function interactionColumns(isLive: boolean): readonly Column<InteractionRow>[] {
  return [
    {
      id: "agent",
      header: t("interaction.agent"),
      narrow: "title",
      cell: (row) => (row.agent === null ? t("interaction.nobody") : <PersonName name={row.agent.name} withInitials />),
    },
    { id: "state", header: t("interaction.state"), width: 134, narrow: "side", cell: (row) => <LiveStateBadge state={row.state} /> },
    { id: "length", header: t("interaction.length"), width: 84, align: "end", cell: (row) => <Length row={row} /> },
    {
      id: "customer",
      header: t("interaction.customer"),
      cell: (row) => row.customer_name || row.phone_number || t("interaction.unknown"),
    },
    { id: "queue", header: t("interaction.queue"), width: 110, cell: (row) => row.queue?.name ?? "–" },
    { id: "campaign", header: t("interaction.campaign"), width: 140, narrow: "hidden", cell: (row) => row.campaign || "–" },
    ...(isLive
      ? []
      : [
          {
            id: "started",
            header: t("interaction.started"),
            width: 150,
            cell: (row: InteractionRow) => <Moment at={row.started_at} />,
          } satisfies Column<InteractionRow>,
        ]),
    { id: "number", header: t("interaction.number"), width: 84, align: "end", narrow: "hidden", cell: (row) => row.number },
    { id: "listeners", header: t("interaction.listeners"), width: 170, cell: (row) => (row.listeners.length === 0 ? null : <Listeners listeners={row.listeners} />) },
  ];
}
