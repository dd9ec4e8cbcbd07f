import { applyCoachingEvent } from "@/features/coach-manager";
import { applyDeskEvent } from "@/features/desk";
import { applyOwnEngagementEvent } from "@/features/engagements";
import { applyInteractionEvent } from "@/features/interactions";
import { applyPhoneEvent } from "@/features/phone";
import { applyPresenceEvent } from "@/features/presence";
import type { ApplyEvent } from "@/realtime";

/**
 * Every event type, and what it makes out of date.
 *
 * A feature that patches its answers instead of asking again exports an `applyEvent` of its own and is called here. The
 * types are generated from the API's description: one that nobody handles does not compile.
 */
export const applyEvent: ApplyEvent = (event, cache) => {
  switch (event.type) {
    case "presence.changed":
    case "rights.changed":
    case "sign_in.ended":
      return applyPresenceEvent(event, cache);
    case "interaction.started":
    case "interaction.changed":
    case "interaction.ended":
      applyInteractionEvent(event, cache);
      applyCoachingEvent(event, cache);
      return applyDeskEvent(event, cache);
    case "engagement.requested":
    case "engagement.started":
    case "engagement.switched":
    case "engagement.muted":
    case "engagement.lost":
    case "engagement.resumed":
    case "engagement.ended":
      applyInteractionEvent(event, cache);
      applyCoachingEvent(event, cache);
      return applyOwnEngagementEvent(event, cache);
    case "engagement.shown_to_agent":
      return cache.invalidate("/api/engagements/shown-to-me", "/api/desk");
    case "queue.changed":
      return cache.invalidate("/api/queues", "/api/queues/live", "/api/queues/transfer-targets");
    case "user.changed":
      cache.invalidateOne("/api/users/{user_id}", { user_id: event.user_id });
      return cache.invalidate("/api/users", "/api/colleagues");
    case "team.changed":
      cache.invalidateOne("/api/teams/{team_id}", { team_id: event.team_id });
      return cache.invalidate("/api/teams", "/api/users");
    case "group.changed":
      cache.invalidateOne("/api/groups/{group_id}", { group_id: event.group_id });
      return cache.invalidate("/api/groups");
    case "role.changed":
      cache.invalidateOne("/api/roles/{role_id}", { role_id: event.role_id });
      return cache.invalidate("/api/roles", "/api/users");
    case "policy.changed":
      // What one may do, and whom an agent is shown, follows from them.
      return cache.invalidate(
        "/api/policies",
        "/api/me",
        "/api/interactions",
        "/api/interactions/{interaction_id}",
        "/api/agents",
        "/api/engagements/mine",
        "/api/engagements/shown-to-me",
        "/api/coach-manager/users",
      );
    case "pbx.reach_changed":
      // Nobody begins to supervise a call of a PBX that can't be reached.
      cache.invalidate("/api/interactions/{interaction_id}", "/api/engagements/mine");
      return cache.settle("/api/interactions", "/api/agents");
    case "phones.changed":
    case "leg.changed":
    case "leg.reconnect_wanted":
      return applyPhoneEvent(event, cache);
    case "customer.call_changed":
      // The customer's page has a connection of its own.
      return undefined;
    default:
      return void (event satisfies never);
  }
};
