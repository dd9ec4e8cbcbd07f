import { invalidate, meQuery, type Schema } from "@/api";
import type { LiveCache } from "@/realtime";
import type { Engagement } from "./use-engage";

/** Show at once what became of one's own engagement, above all that it is over; what one may do then is asked again. */
export function applyOwnEngagementEvent({ engagement }: { engagement: Schema<"EngagementSummary"> }, cache: LiveCache): void {
  const me = cache.queryClient.getQueryData(meQuery().queryKey);
  if (me !== undefined && me.user.id !== engagement.supervisor.id) return;
  cache.patch<Engagement | null>("/api/engagements/mine", (held) => {
    if (held === null || held.id !== engagement.id || engagement.version < held.version) return held;
    return engagement.state === "ended" ? null : { ...held, ...engagement };
  });
  void invalidate(cache.queryClient, "/api/engagements/mine");
}
