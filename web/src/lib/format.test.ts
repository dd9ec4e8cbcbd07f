import { afterEach, describe, expect, test } from "vitest";
import { currentTimeZone, formatDuration, formatFull, formatMoment, setTimeZone, speakDuration } from "./format";

const browserZone = currentTimeZone();
afterEach(() => setTimeZone(browserZone));

describe("durations", () => {
  test.each([
    [0, "0:00"],
    [7.9, "0:07"],
    [754, "12:34"],
    [3600, "1:00:00"],
    [-3, "0:00"],
  ])("%s seconds are shown as %s", (seconds, shown) => {
    expect(formatDuration(seconds)).toBe(shown);
  });

  test("screen readers hear hours, minutes and seconds as words", () => {
    expect(speakDuration(3661)).toBe("1 hour 1 minute 1 second");
    expect(speakDuration(120)).toBe("2 minutes");
    expect(speakDuration(0)).toBe("0 seconds");
  });
});

describe("times", () => {
  const noonUtc = Date.parse("2025-11-20T12:00:00Z");

  test("are in the viewer's zone and name it where it matters", () => {
    setTimeZone("Asia/Tokyo");
    expect(formatFull(noonUtc)).toMatch(/9:00:00|21:00:00/);
    expect(formatFull(noonUtc)).toContain("GMT+9");
  });

  test("of another day say which", () => {
    setTimeZone("UTC");
    expect(formatMoment(noonUtc, noonUtc)).not.toMatch(/20/);
    expect(formatMoment(noonUtc, noonUtc + 24 * 3600_000)).toMatch(/20/);
    expect(formatMoment(noonUtc, noonUtc + 24 * 3600_000)).not.toMatch(/2025/);
    expect(formatMoment(noonUtc, noonUtc + 60 * 24 * 3600_000)).toMatch(/2025/);
  });

  test("stay in the zone that is known when the server names one that the browser does not know", () => {
    setTimeZone("Europe/Berlin");
    setTimeZone("Moon/Tranquility");
    expect(currentTimeZone()).toBe("Europe/Berlin");
  });
});
