import { applyPresenceEvent } from "@/features/presence";
import type { ApplyEvent } from "@/realtime";

/**
 * Every event type, and the feature that applies it to the cache.
 *
 * The types are generated from the API's description: one that nobody handles here does not compile.
 */
export const applyEvent: ApplyEvent = (event, cache) => {
  switch (event.type) {
    case "presence.changed":
    case "rights.changed":
    case "sign_in.ended":
      return applyPresenceEvent(event, cache);
    case "user.changed":
    case "team.changed":
    case "group.changed":
    case "role.changed":
    case "policy.changed":
      return undefined;
    default:
      return void (event satisfies never);
  }
};
