import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test } from "vitest";
import { setTimeZone } from "@/lib/format";
import { renderAt } from "@/test/render";
import { place, ticks } from "./scale";
import { TimelineToScale } from "./TimelineToScale";

describe("the scale", () => {
  const minutes = (count: number) => ({ start: 0, end: count * 60_000 });

  test("is marked at round lengths, never more than fit", () => {
    expect(ticks(minutes(10), 6).map((ms) => ms / 60_000)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(ticks({ start: 0, end: 47_000 }, 5).map((ms) => ms / 1000)).toEqual([0, 10, 20, 30, 40]);
    expect(ticks(minutes(3 * 24 * 60), 4)).toHaveLength(4);
  });

  test("holds for a length of nothing", () => {
    expect(ticks({ start: 5, end: 5 }, 6)).toEqual([0]);
    expect(place({ start: 5, end: 5 }, 5)).toBe(0);
  });

  test("keeps what lies outside at its edges", () => {
    expect(place(minutes(10), -1)).toBe(0);
    expect(place(minutes(10), 5 * 60_000)).toBe(50);
    expect(place(minutes(10), 11 * 60_000)).toBe(100);
  });
});

test("the table behind a timeline says the same as the picture", async () => {
  setTimeZone("UTC");
  await renderAt(
    <TimelineToScale
      title="call 7"
      start="2025-11-20T12:00:00Z"
      end="2025-11-20T12:10:00Z"
      lanes={[
        {
          id: "sofia",
          label: "Sofia Berg",
          segments: [{ id: "s", tone: "coach", label: "Coach", start: "2025-11-20T12:02:00Z", end: "2025-11-20T12:04:30Z" }],
          marks: [{ id: "m", label: "Asked for help", at: "2025-11-20T12:01:00Z" }],
        },
      ]}
    />,
  );
  await userEvent.click(screen.getByText("Show as table"));
  const rows = within(screen.getByRole("table")).getAllByRole("row");
  expect(rows[1]?.textContent).toMatch(/Sofia Berg.*Coach.*02:00.*04:30.*2:30/);
  expect(rows[2]?.textContent).toMatch(/Asked for help.*01:00/);
  const drawn = document.querySelector<HTMLElement>('[data-tone="coach"]')!;
  expect([drawn.style.left, drawn.style.width]).toEqual(["20%", "25%"]);
});
