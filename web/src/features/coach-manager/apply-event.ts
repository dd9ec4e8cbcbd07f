import type { LiveCache } from "@/realtime";
import type { CoachingUser } from "./CoachingUsers";
import { isNewToList, usersAfter, type CoachingEvent } from "./live-users";

/** Whether the page holds the history of this person; on a busy floor most events are about others. */
function isHistoryHeld(cache: LiveCache, supervisor_id: string): boolean {
  return cache.queryClient.getQueryCache().findAll({ queryKey: ["/api/coach-manager/history"] }).some(({ queryKey }) => {
    const { query } = (queryKey[1] ?? {}) as { query?: Record<string, unknown> };
    return query?.supervisor_id === undefined || query.supervisor_id === supervisor_id;
  });
}

/** Keep Coach Manager true: at once what the event tells, and by asking again what it does not. */
export function applyCoachingEvent(event: CoachingEvent, cache: LiveCache): void {
  let asksAgain = false;
  cache.patch<CoachingUser[] | undefined>("/api/coach-manager/users", (held) => {
    if (held === undefined) return held;
    asksAgain ||= isNewToList(held, event);
    return [...usersAfter(held, event)];
  });
  if (asksAgain) cache.invalidate("/api/coach-manager/users");
  if ("engagement" in event) {
    cache.invalidateOne("/api/coach-manager/users/{user_id}", { user_id: event.engagement.supervisor.id });
    cache.settle("/api/coach-manager/users");
    if (isHistoryHeld(cache, event.engagement.supervisor.id)) cache.settle("/api/coach-manager/history");
  }
}
