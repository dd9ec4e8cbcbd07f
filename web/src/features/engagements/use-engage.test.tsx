import type { QueryKey } from "@tanstack/react-query";
import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { apiQuery, type Schema } from "@/api";
import { LiveCache } from "@/realtime";
import { renderSignedIn, someone } from "@/test/signed-in";
import { applyOwnEngagementEvent } from "./apply-event";
import { isHeard, useEngage, type Engagement } from "./use-engage";
import { useMine } from "./use-mine";

afterEach(() => vi.unstubAllGlobals());

const MINE = apiQuery("/api/engagements/mine").queryKey as QueryKey;

const monitoring = {
  id: "engagement",
  supervisor: { id: "me", name: "Sofia Berg" },
  mode: "monitor",
  state: "active",
  segment_started_at: "2025-11-20T12:00:02Z",
  is_muted: false,
  phone_kind: "browser",
  phone_state: "",
  version: 1,
} as unknown as Engagement;

/** What the switch answers: it is asked for, and not heard yet. */
const asked: Engagement = { ...monitoring, mode: "coach", segment_started_at: null, version: 2 };

/** What the event of the same version says once the voice engine has confirmed it. */
const confirmed: Engagement = { ...asked, segment_started_at: "2025-11-20T12:01:00Z" };

const words = (engagement: Engagement) => `${engagement.mode} is ${isHeard(engagement) ? "heard" : "asked for"}`;

/** Switch to coaching, with an answer that comes when it is told to and a question for what is so that is never answered. */
async function switching() {
  let answer = (_engagement: Engagement) => {};
  const answered = new Promise<Engagement>((resolve) => (answer = resolve));
  const later = new ReadableStream<Uint8Array>({
    start: async (body) => {
      body.enqueue(new TextEncoder().encode(JSON.stringify(await answered)));
      body.close();
    },
  });
  const headers = { "content-type": "application/json" };
  const answers = {
    "post /api/engagements/engagement/switch": () => new Response(later, { headers }),
    "/api/engagements/mine": () => new Response(new ReadableStream(), { headers }),
  };
  let done: Promise<void> | undefined;
  function Screen() {
    const mine = useMine();
    const { switchTo } = useEngage();
    if (!mine) return null;
    return (
      <button type="button" onClick={() => (done = switchTo(mine, "coach"))}>
        {words(mine)}
      </button>
    );
  }
  const { queryClient, sent } = await renderSignedIn(<Screen />, someone(["coach"]), answers);
  act(() => void queryClient.setQueryData(MINE, monitoring));
  fireEvent.click(await screen.findByRole("button", { name: "monitor is heard" }));
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  return {
    /** What is held now; the screen shows it a moment later. */
    held: () => words(queryClient.getQueryData(MINE) as Engagement),
    answer: () =>
      act(async () => {
        answer(asked);
        await done;
      }),
    event: () => act(() => applyOwnEngagementEvent({ engagement: confirmed as unknown as Schema<"EngagementSummary"> }, new LiveCache(queryClient))),
  };
}

test("an answer that comes after the event of its own version does not hide that the switch is heard already", async () => {
  const { answer, event, held } = await switching();
  event();
  expect(await screen.findByRole("button", { name: "coach is heard" })).toBeTruthy();
  await answer();
  expect(held()).toBe("coach is heard");
});

test("an event that comes after the answer of its own version shows that the switch is heard", async () => {
  const { answer, event, held } = await switching();
  await answer();
  expect(held()).toBe("coach is asked for");
  event();
  expect(await screen.findByRole("button", { name: "coach is heard" })).toBeTruthy();
});
