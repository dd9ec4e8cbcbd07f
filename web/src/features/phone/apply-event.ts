import { meQuery, type Event } from "@/api";
import type { LiveCache } from "@/realtime";

type PhoneEvent = Extract<Event, { type: "leg.changed" | "leg.reconnect_wanted" | "phones.changed" }>;

/** Ask again where one's phone stands; the companion acts on the answer. */
export function applyPhoneEvent(event: PhoneEvent, cache: LiveCache): void {
  const me = cache.queryClient.getQueryData(meQuery().queryKey);
  if (event.user_id !== me?.user.id) return;
  switch (event.type) {
    case "leg.changed":
    case "leg.reconnect_wanted":
      // The sound waits for this answer, so it is not collected with others.
      void cache.queryClient.invalidateQueries({ queryKey: ["/api/legs/mine"] });
      // What one may do with calls depends on having a phone.
      cache.invalidate("/api/interactions", "/api/interactions/{interaction_id}", "/api/agents", "/api/desk");
      return;
    case "phones.changed":
      cache.invalidate("/api/phones", "/api/me");
      // Which calls one may supervise depends on the phone that is selected.
      cache.invalidate("/api/interactions", "/api/interactions/{interaction_id}", "/api/agents");
      return;
    default:
      event satisfies never;
  }
}
