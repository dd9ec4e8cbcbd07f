import { describe, expect, test } from "vitest";
import type { Event } from "@/api";
import fixture from "@/realtime/fixtures/coach-manager-users.json";
import { story, told } from "@/realtime/fixtures/story";
import type { CoachingUser } from "./CoachingUsers";
import { isNewToList, usersAfter, type CoachingEvent } from "./live-users";

const kept = story<CoachingUser>(fixture);

const isCoachingEvent = (event: Event): event is CoachingEvent => "interaction" in event || "engagement" in event;

/** Presences are asked again at each event of theirs, never patched. */
const withoutPresences = (each: CoachingUser): CoachingUser => ({ ...each, supervisor_presence: null, agent_presence: null });

describe("the list of who coaches, before + events = after:", () => {
  test("shows after the events of each step what the server answers then, or knows that it has to ask", () => {
    let users = kept.before;
    let patched = 0;
    for (const { name, events, after } of kept.steps) {
      const heard = events.filter(isCoachingEvent);
      const hasToAsk = heard.some((event) => isNewToList(users, event));
      users = hasToAsk ? after : heard.reduce(usersAfter, users);
      patched += hasToAsk ? 0 : 1;
      expect(told(users.map(withoutPresences)), name).toEqual(told(after.map(withoutPresences)));
    }
    expect(patched).toBeGreaterThan(kept.steps.length / 2);
  });

  test("shows the same when events come twice, as they may after a reconnection", () => {
    for (const [at, { name, events, after }] of kept.steps.entries()) {
      const before = kept.steps[at - 1]?.after ?? kept.before;
      const heard = events.filter(isCoachingEvent);
      if (heard.some((event) => isNewToList(before, event))) continue;
      const users = [...heard, ...heard].reduce(usersAfter, before);
      expect(told(users.map(withoutPresences)), name).toEqual(told(after.map(withoutPresences)));
    }
  });
});
