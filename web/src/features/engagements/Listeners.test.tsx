import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderAt } from "@/test/render";
import { Listeners } from "./Listeners";

test.each([
  ["active", "Sofia Berg · Coaching"],
  ["connecting", "Sofia Berg · Coaching · Connecting"],
  ["lost", "Sofia Berg · Coaching · Connection lost"],
])("who listens is named with the mode, and with why they hear nothing: %s", async (state, words) => {
  const supervisor = { id: "sofia", name: "Sofia Berg" };
  await renderAt(<Listeners listeners={[{ engagement_id: "engagement", mode: "coach", state, supervisor }]} />);
  const one = await screen.findByTitle(words);
  expect(one.textContent).toBe(words);
});
