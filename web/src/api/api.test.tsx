import { QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { quietQueryClient } from "@/test/render";
import { asProblem, client, Problem, send, session, signOut, useCommand } from ".";

type Answer = () => Response;

let answers: Answer[];
let asked: Request[];

const json = (status: number, body: object, type = "application/json"): Answer =>
  () => new Response(JSON.stringify(body), { status, headers: { "content-type": type } });
const problem = (status: number, code: string, more: object = {}) =>
  json(status, { type: `/problems/${code}`, title: "Title", status, detail: "A sentence.", code, ...more }, "application/problem+json");
const noAnswer: Answer = () => {
  throw new TypeError("Failed to fetch");
};

beforeEach(() => {
  answers = [];
  asked = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request);
    const answer = answers.shift();
    return Promise.resolve().then(() => (answer ? answer() : new Response(null, { status: 204 })));
  });
  document.cookie = "sideline_csrf=token%20of%20mine";
  session.set("unknown");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const header = (index: number, name: string) => asked[index]?.headers.get(name);

describe("the client", () => {
  test("sends the CSRF token with what changes something and with nothing else", async () => {
    await client.POST("/api/sign-out");
    answers.push(json(200, []));
    await client.GET("/api/sign-in-hints");
    expect(header(0, "X-CSRF-Token")).toBe("token of mine");
    expect(header(1, "X-CSRF-Token")).toBeNull();
  });

  test("throws what the server explained, fields included", async () => {
    answers.push(problem(422, "invalid", { fields: { name: "Enter a name." }, params: { retry_after_seconds: "30" } }));
    const error = await client.GET("/api/me").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ status: 422, code: "invalid", fields: { name: "Enter a name." }, retryAfterSeconds: 30 });
  });

  test("turns an answer that is no problem, and no answer at all, into a sentence", async () => {
    answers.push(() => new Response("<h1>Bad gateway</h1>", { status: 502 }), noAnswer);
    const proxy = asProblem(await client.GET("/api/me").catch((caught: unknown) => caught));
    const gone = asProblem(await client.GET("/api/me").catch((caught: unknown) => caught));
    expect(proxy).toMatchObject({ status: 502, code: "http_502", isUncertain: true });
    expect(proxy.detail).toContain("502");
    expect(gone).toMatchObject({ status: 0, code: "no_connection", isUncertain: true });
  });

  test("a 401 loses an open session, and shows a closed one where there was none", async () => {
    answers.push(problem(401, "not_signed_in"), problem(401, "not_signed_in"));
    await client.GET("/api/me").catch(() => undefined);
    expect(session.get()).toBe("closed");
    session.set("open");
    await client.GET("/api/me").catch(() => undefined);
    expect(session.get()).toBe("lost");
  });

  test("a refused sign-in is no lost session", async () => {
    session.set("lost");
    answers.push(problem(401, "sign_in_failed"));
    await client.POST("/api/sign-in", { body: { email: "a@b.example", password: "wrong" } }).catch(() => undefined);
    expect(session.get()).toBe("lost");
  });
});

describe("signing out", () => {
  test("drops what was seen", async () => {
    const queryClient = quietQueryClient();
    queryClient.setQueryData(["/api/users", null], ["Ana"]);
    session.set("open");
    await signOut(queryClient);
    expect(session.get()).toBe("closed");
    expect(queryClient.getQueryData(["/api/users", null])).toBeUndefined();
  });

  test("that does not reach the server leaves everything as it is", async () => {
    const queryClient = quietQueryClient();
    queryClient.setQueryData(["/api/users", null], ["Ana"]);
    session.set("open");
    answers.push(noAnswer);
    await expect(signOut(queryClient)).rejects.toMatchObject({ code: "no_connection" });
    expect(session.get()).toBe("open");
    expect(queryClient.getQueryData(["/api/users", null])).toEqual(["Ana"]);
  });
});

describe("a command", () => {
  const presence = { status: "available", reason: "", since: "2025-11-20T12:00:00Z", wrap_up_until: null };

  test("without an answer is repeated under the same key", async () => {
    vi.useFakeTimers();
    answers.push(noAnswer, json(200, presence));
    const sent = send("post", "/api/presence", { body: { status: "available", reason: "" } });
    await vi.advanceTimersByTimeAsync(500);
    await expect(sent).resolves.toMatchObject({ status: "available" });
    expect(asked).toHaveLength(2);
    expect(header(0, "Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(header(1, "Idempotency-Key")).toBe(header(0, "Idempotency-Key"));
  });

  test("that was refused is not repeated by itself", async () => {
    answers.push(problem(409, "already_coached"));
    await expect(send("post", "/api/presence", { body: { status: "available", reason: "" } })).rejects.toMatchObject({ code: "already_coached" });
    expect(asked).toHaveLength(1);
  });

  function useChoose() {
    return useCommand("post", "/api/presence");
  }
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={quietQueryClient()}>{children}</QueryClientProvider>
  );
  const run = (result: { current: ReturnType<typeof useChoose> }, status: "available" | "not_ready") =>
    act(() => result.current.run({ body: { status, reason: "" } }).catch(() => undefined));

  test("pressed again after an unclear end has the key of before, another one has its own", async () => {
    const { result } = renderHook(useChoose, { wrapper });
    answers.push(problem(503, "unavailable"), json(200, presence), json(200, presence));
    await run(result, "available");
    await run(result, "available");
    await run(result, "available");
    expect(header(1, "Idempotency-Key")).toBe(header(0, "Idempotency-Key"));
    expect(header(2, "Idempotency-Key")).not.toBe(header(1, "Idempotency-Key"));
  });

  test("with other content, or after a refusal, is a new one", async () => {
    const { result } = renderHook(useChoose, { wrapper });
    answers.push(problem(503, "unavailable"), problem(409, "refused"), json(200, presence));
    await run(result, "available");
    await run(result, "not_ready");
    await run(result, "not_ready");
    expect(new Set([0, 1, 2].map((index) => header(index, "Idempotency-Key"))).size).toBe(3);
  });
});
