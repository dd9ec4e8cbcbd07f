import { meQuery, type Event } from "@/api";
import type { LiveCache } from "@/realtime";

type PresenceEvent = Extract<Event, { type: "presence.changed" | "rights.changed" | "sign_in.ended" }>;

/** Keep "who am I?" and the lists that show presences true; a change of one's rights makes everything out of date. */
export function applyPresenceEvent(event: PresenceEvent, cache: LiveCache): void {
  const key = meQuery().queryKey;
  const me = cache.queryClient.getQueryData(key);
  switch (event.type) {
    case "presence.changed":
      if (event.user_id === me?.user.id) {
        // Whether one may supervise or be rung depends on one's own presence.
        cache.invalidate("/api/me", "/api/interactions", "/api/interactions/{interaction_id}", "/api/desk");
      }
      // On a busy floor somebody's presence changes every moment.
      cache.settle("/api/agents", "/api/colleagues", "/api/queues/live", "/api/coach-manager/users", "/api/coach-manager/users/{user_id}");
      return;
    case "rights.changed":
      if (me && event.user_ids.includes(me.user.id)) cache.invalidateAll();
      return;
    case "sign_in.ended":
      if (event.user_id === me?.user.id) cache.invalidate("/api/me");
      return;
    default:
      event satisfies never;
  }
}
