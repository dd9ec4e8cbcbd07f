import { describe, expect, test } from "vitest";
import fixture from "@/realtime/fixtures/interactions.json";
import { story, told } from "@/realtime/fixtures/story";
import { isLiveEvent, rowsAfter } from "./live-rows";
import type { InteractionRow } from "./use-interactions";

const kept = story<InteractionRow>(fixture);

describe("the live list of interactions, before + events = after:", () => {
  function replay(times: number): void {
    let rows = kept.before;
    for (const step of kept.steps) {
      for (let time = 0; time < times; time += 1) rows = step.events.filter(isLiveEvent).reduce(rowsAfter, rows);
      expect(told(rows), step.name).toEqual(told(step.after));
    }
  }

  test("shows after the events of each step what the server answers then", () => {
    replay(1);
  });

  test("shows the same when events come twice, as they may after a reconnection", () => {
    replay(2);
  });

  test("shows the same at the end when everything comes at once", () => {
    const events = kept.steps.flatMap((step) => step.events).filter(isLiveEvent);
    expect(told(events.reduce(rowsAfter, kept.before))).toEqual(told(kept.steps.at(-1)?.after ?? []));
  });
});
