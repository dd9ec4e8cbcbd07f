import { invalidate, meQuery, type Event } from "@/api";
import type { LiveCache } from "@/realtime";

type InteractionEvent = Extract<Event, { type: "interaction.started" | "interaction.changed" | "interaction.ended" }>;

/** Ask again what one works on: at once where it is one's own call, whose controls somebody waits for. */
export function applyDeskEvent(event: InteractionEvent, cache: LiveCache): void {
  const me = cache.queryClient.getQueryData(meQuery().queryKey);
  if (me !== undefined && event.told_user_ids.includes(me.user.id)) void invalidate(cache.queryClient, "/api/desk");
  else cache.invalidate("/api/desk");
}
