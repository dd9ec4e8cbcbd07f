import type { Event, Schema } from "@/api";
import type { InteractionRow } from "./use-interactions";

/** The events that change a live list of interactions. */
export type LiveEvent = Extract<Event, { interaction: Schema<"InteractionSummary"> } | { engagement: Schema<"EngagementSummary"> }>;

/** Whether an event is one of {@link LiveEvent}. */
export function isLiveEvent(event: Event): event is LiveEvent {
  return "interaction" in event || "engagement" in event;
}

/**
 * The rows of a live list, newest first and without filters, after an event.
 *
 * What one may do (`targets`) depends on who looks and is not in events: it stays as it was until the list is asked
 * again. Applying an event twice gives the same as once; an older version of an interaction changes nothing.
 */
export function rowsAfter(rows: readonly InteractionRow[], event: LiveEvent): readonly InteractionRow[] {
  return "interaction" in event ? afterInteraction(rows, event.interaction) : afterEngagement(rows, event.engagement);
}

function afterInteraction(rows: readonly InteractionRow[], summary: Schema<"InteractionSummary">): readonly InteractionRow[] {
  const held = rows.find((row) => row.id === summary.id);
  if (summary.ended_at !== null) return held === undefined ? rows : rows.filter((row) => row !== held);
  if (held === undefined) return inserted(rows, { ...summary, listeners: [], targets: {} });
  if (held.version > summary.version) return rows;
  return rows.map((row) => (row === held ? { ...row, ...summary } : row));
}

function inserted(rows: readonly InteractionRow[], row: InteractionRow): readonly InteractionRow[] {
  const place = rows.findIndex((other) => other.started_at < row.started_at || (other.started_at === row.started_at && other.id < row.id));
  return place < 0 ? [...rows, row] : [...rows.slice(0, place), row, ...rows.slice(place)];
}

function afterEngagement(rows: readonly InteractionRow[], engagement: Schema<"EngagementSummary">): readonly InteractionRow[] {
  return rows.map((row) => {
    if (row.id !== engagement.interaction_id) return row;
    const others = row.listeners.filter((one) => one.engagement_id !== engagement.id);
    if (engagement.state === "ended") return { ...row, listeners: others };
    const { id: engagement_id, mode, state, supervisor, target_participant_id } = engagement;
    const listener = { engagement_id, mode, state, supervisor, target_participant_id };
    const place = row.listeners.findIndex((one) => one.engagement_id === engagement_id);
    return { ...row, listeners: place < 0 ? [...others, listener] : row.listeners.map((one, at) => (at === place ? listener : one)) };
  });
}
