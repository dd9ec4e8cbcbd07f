import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { apiQuery, meQuery, type Event } from "@/api";
import { LiveCache } from "@/realtime";
import { quietQueryClient } from "@/test/render";
import { someone } from "@/test/signed-in";
import { applyDeskEvent } from "./apply-event";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([
  [["me", "ana"], true],
  [["ana"], false],
])("what one works on is asked again at once when one's own call changed, else soon: told %s", (told_user_ids, isAtOnce) => {
  const queryClient = quietQueryClient();
  const desk = apiQuery("/api/desk").queryKey;
  queryClient.setQueryData(meQuery().queryKey, someone(["barge_kick"]));
  queryClient.setQueryData<unknown>(desk, { current: [] });
  const event = { type: "interaction.changed", change: "took_over", told_user_ids } as unknown as Event & { type: "interaction.changed" };
  applyDeskEvent(event, new LiveCache(queryClient));
  expect(queryClient.getQueryState(desk)?.isInvalidated).toBe(isAtOnce);
  vi.advanceTimersByTime(1000);
  expect(queryClient.getQueryState(desk)?.isInvalidated).toBe(true);
});
