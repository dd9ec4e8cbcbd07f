import { describe, expect, it } from "vitest";
import { endOfDay, startOfDay } from "./days";

describe("days", () => {
  it("begin at midnight in the viewer's zone, whichever the browser's", () => {
    expect(startOfDay("2026-07-01", "Europe/Berlin")).toBe("2026-06-30T22:00:00.000Z");
    expect(startOfDay("2026-07-01", "America/New_York")).toBe("2026-07-01T04:00:00.000Z");
    expect(startOfDay("2026-07-01", "UTC")).toBe("2026-07-01T00:00:00.000Z");
  });

  it("end when the next begins, also where they have 23 or 25 hours", () => {
    expect([startOfDay("2026-03-29", "Europe/Berlin"), endOfDay("2026-03-29", "Europe/Berlin")]).toEqual([
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T22:00:00.000Z",
    ]);
    expect([startOfDay("2026-10-25", "Europe/Berlin"), endOfDay("2026-10-25", "Europe/Berlin")]).toEqual([
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T23:00:00.000Z",
    ]);
  });

  it("are nothing where the address says nonsense", () => {
    for (const word of ["", "yesterday", "2026-13-01", "2026-02-30", "2026-1-1"]) {
      expect(startOfDay(word, "UTC")).toBeUndefined();
      expect(endOfDay(word, "UTC")).toBeUndefined();
    }
  });
});
