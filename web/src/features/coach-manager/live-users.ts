import type { Event, Schema } from "@/api";
import type { CoachingUser } from "./CoachingUsers";

/** The events that change who coaches now, or what is shown of their calls. */
export type CoachingEvent = Extract<Event, { interaction: Schema<"InteractionSummary"> } | { engagement: Schema<"EngagementSummary"> }>;

/**
 * The list of everyone who coaches, monitors or barges after an event.
 *
 * Somebody who is new to the list is left out until it is asked again, as an engagement's event has no call details.
 * Applying an event twice gives the same as once; an older version of an engagement changes nothing.
 */
export function usersAfter(users: readonly CoachingUser[], event: CoachingEvent): readonly CoachingUser[] {
  if ("engagement" in event) {
    const { engagement } = event;
    if (engagement.state === "ended") return users.filter((each) => each.id !== engagement.id);
    return users.map((each) => (each.id === engagement.id && each.version <= engagement.version ? { ...each, ...engagement } : each));
  }
  const { interaction } = event;
  return users.map((each) =>
    each.interaction_id === interaction.id
      ? {
          ...each,
          call: {
            ...each.call,
            phone_number: interaction.phone_number,
            customer_name: interaction.customer_name,
            campaign: interaction.campaign,
            list_name: interaction.list_name,
            result_code: interaction.result_code,
            ended_at: interaction.ended_at,
          },
        }
      : each,
  );
}

/** Whether the list has to be asked again because of this event: somebody new is in it. */
export function isNewToList(users: readonly CoachingUser[], event: CoachingEvent): boolean {
  return "engagement" in event && event.engagement.state !== "ended" && !users.some((each) => each.id === event.engagement.id);
}
