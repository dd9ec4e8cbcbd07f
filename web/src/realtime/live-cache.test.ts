import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ReadPath } from "@/api";
import { LiveCache } from "./live-cache";

const USERS: ReadPath = "/api/users";
const USER: ReadPath = "/api/users/{user_id}";
const userKey = (id: string) => [USER, { path: { user_id: id } }];

let queryClient: QueryClient;
let cache: LiveCache;

beforeEach(() => {
  vi.useFakeTimers();
  queryClient = new QueryClient();
  cache = new LiveCache(queryClient);
});
afterEach(() => {
  cache.clear();
  queryClient.clear();
  vi.useRealTimers();
});

/** A question that is on screen, and how often it was asked. */
function onScreen(queryKey: readonly unknown[]) {
  const ask = vi.fn(() => Promise.resolve("answer"));
  queryClient.setQueryData(queryKey, "answer");
  const observer = new QueryObserver(queryClient, { queryKey, queryFn: ask, staleTime: Infinity });
  observer.subscribe(() => undefined);
  return ask;
}

describe("invalidating", () => {
  test("a burst of events asks once", async () => {
    const ask = onScreen([USERS, null]);
    for (let count = 0; count < 20; count += 1) cache.invalidate(USERS);
    await vi.advanceTimersByTimeAsync(300);
    expect(ask).toHaveBeenCalledOnce();
  });

  test("reaches every question about a path, whatever its parameters, and no other", async () => {
    const filtered = onScreen([USERS, { query: { team_id: "1" } }]);
    const other = onScreen(["/api/teams", null]);
    cache.invalidate(USERS);
    await vi.advanceTimersByTimeAsync(300);
    expect(filtered).toHaveBeenCalledOnce();
    expect(other).not.toHaveBeenCalled();
  });

  test("one thing leaves the others of its kind alone", async () => {
    const ana = onScreen(userKey("ana"));
    const ben = onScreen(userKey("ben"));
    cache.invalidateOne(USER, { user_id: "ana" });
    await vi.advanceTimersByTimeAsync(300);
    expect(ana).toHaveBeenCalledOnce();
    expect(ben).not.toHaveBeenCalled();
  });
});

describe("patching", () => {
  test("changes the held answers about one thing", () => {
    queryClient.setQueryData(userKey("ana"), { name: "Ana" });
    queryClient.setQueryData(userKey("ben"), { name: "Ben" });
    cache.patch<{ name: string }>(USER, (held) => ({ ...held, name: "Ana Lima" }), { user_id: "ana" });
    expect(queryClient.getQueryData(userKey("ana"))).toEqual({ name: "Ana Lima" });
    expect(queryClient.getQueryData(userKey("ben"))).toEqual({ name: "Ben" });
  });

  test("while an answer is under way shows, changes that answer too, and asks again when it is there", async () => {
    const ask = onScreen([USERS, null]);
    let answer = (_: string) => undefined as void;
    ask.mockImplementation(() => new Promise<string>((resolve) => (answer = resolve)));
    void queryClient.invalidateQueries({ queryKey: [USERS, null] });
    await vi.advanceTimersByTimeAsync(0);
    cache.patch<string>(USERS, (held) => (held.endsWith(", patched") ? held : `${held}, patched`));
    expect(queryClient.getQueryData([USERS, null])).toBe("answer, patched");
    expect(ask).toHaveBeenCalledOnce();
    answer("older");
    await vi.advanceTimersByTimeAsync(0);
    expect(queryClient.getQueryData([USERS, null])).toBe("older, patched");
    await vi.advanceTimersByTimeAsync(300);
    expect(ask).toHaveBeenCalledTimes(2);
    answer("newest");
    await vi.advanceTimersByTimeAsync(0);
    expect(queryClient.getQueryData([USERS, null])).toBe("newest");
  });

  test("with events every 50 ms and answers that take 200 ms shows every event at once and every answer", async () => {
    let happened = 0;
    const ask = onScreen([USERS, null]);
    ask.mockImplementation(() => {
      const asked = happened;
      return new Promise<string>((resolve) => setTimeout(() => resolve(String(asked)), 200));
    });
    void queryClient.invalidateQueries({ queryKey: [USERS, null] });
    for (let round = 0; round < 60; round += 1) {
      await vi.advanceTimersByTimeAsync(50);
      happened += 1;
      cache.patch<string>(USERS, (held) => (Number(held) >= happened ? held : String(happened)));
      cache.invalidate(USERS);
      expect(queryClient.getQueryData([USERS, null])).toBe(String(happened));
    }
    const signals = ask.mock.calls.map((call) => (call as unknown as [{ signal: AbortSignal }])[0].signal);
    expect(signals.length).toBeGreaterThan(5);
    expect(signals.filter((signal) => signal.aborted)).toEqual([]);
  });
});

test("an event during the very first answer has the question asked again, because that answer may be older", async () => {
  const answers: ((answer: string) => void)[] = [];
  const ask = vi.fn(() => new Promise<string>((resolve) => answers.push(resolve)));
  new QueryObserver(queryClient, { queryKey: [USERS, null], queryFn: ask, staleTime: Infinity }).subscribe(() => undefined);
  cache.invalidate(USERS);
  await vi.advanceTimersByTimeAsync(300);
  answers[0]?.("older");
  await vi.advanceTimersByTimeAsync(0);
  expect(ask).toHaveBeenCalledTimes(2);
  answers[1]?.("newer");
  await vi.advanceTimersByTimeAsync(0);
  expect(queryClient.getQueryData([USERS, null])).toBe("newer");
});
