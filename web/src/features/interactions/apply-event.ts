import type { Page } from "@/api";
import type { LiveCache } from "@/realtime";
import { rowsAfter, type LiveEvent } from "./live-rows";
import type { InteractionRow } from "./use-interactions";

type Pages = { pages: readonly Page<InteractionRow>[]; pageParams: unknown[] };
type Query = Readonly<Record<string, unknown>>;

const FILTERS = ["team_id", "agent_id", "queue_id", "campaign", "medium", "live_state", "external_id"] as const;

/** Lists that show an event as it comes: in progress, newest first, unfiltered. All others only change rows they have. */
function isPlainLive(query: Query): boolean {
  return query.state === "live" && query.order === undefined && FILTERS.every((name) => query[name] === undefined);
}

function apply(rows: readonly InteractionRow[], event: LiveEvent, query: Query): readonly InteractionRow[] {
  const isKnown = "engagement" in event || rows.some((row) => row.id === event.interaction.id);
  return isKnown || isPlainLive(query) ? rowsAfter(rows, event) : rows;
}

/** Show on the live lists at once what happened; the answers are asked again a little later, for what one may do now. */
export function applyInteractionEvent(event: LiveEvent, cache: LiveCache): void {
  cache.patch<Pages | Page<InteractionRow> | undefined>("/api/interactions", (held, params) => {
    const query = (params.query ?? {}) as Query;
    if (held === undefined || query.state !== "live") return held;
    if (!("pages" in held)) return { ...held, items: [...apply(held.items, event, query)] };
    const [first, ...rest] = held.pages;
    if (first === undefined) return held;
    const isOnLaterPage = "interaction" in event && rest.some((page) => page.items.some((row) => row.id === event.interaction.id));
    const changed = (page: Page<InteractionRow>, mayInsert: boolean): Page<InteractionRow> => ({
      ...page,
      items: [...(mayInsert ? apply(page.items, event, query) : apply(page.items, event, { state: "some" }))],
    });
    return { ...held, pages: [changed(first, !isOnLaterPage), ...rest.map((page) => changed(page, false))] };
  });
  const interaction_id = "interaction" in event ? event.interaction.id : event.engagement.interaction_id;
  cache.invalidateOne("/api/interactions/{interaction_id}", { interaction_id });
  cache.settle("/api/interactions", "/api/agents", "/api/queues/live");
}
