import { act, screen } from "@testing-library/react";
import type { QueryKey } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { apiQuery } from "@/api";
import { ownLeg } from "@/features/phone";
import { renderSignedIn, someone } from "@/test/signed-in";
import { EngagementDock } from "./EngagementDock";

const yes = { allowed: true, refusal: null };

function engagement(more: object = {}) {
  return {
    id: "engagement",
    interaction_id: "call",
    interaction_number: 1001,
    supervisor: { id: "me", name: "Sofia Berg" },
    agent: { id: "ana", name: "Ana Lima" },
    target_participant_id: "seat",
    target_purpose: "agent",
    mode: "monitor",
    state: "connecting",
    requested_at: "2025-11-20T12:00:00Z",
    started_at: null,
    segment_started_at: null,
    ended_by: null,
    is_muted: false,
    phone_kind: "browser",
    phone_address: "",
    phone_auto_answer: false,
    phone_state: "",
    version: 1,
    abilities: { monitor: yes, coach: yes, barge: yes, mute: yes, stop: yes },
    ...more,
  };
}

afterEach(() => {
  ownLeg.state.set("stopped");
  ownLeg.isStill.set(false);
  vi.unstubAllGlobals();
});

const leg = { leg_id: "leg", tab_id: "tab", generation: 1, state: "up", has_microphone: true, is_reconnect_wanted: false };

async function show(more: object, told: object | null = leg) {
  const { queryClient } = await renderSignedIn(<EngagementDock />, someone(["monitor"]), {});
  act(() => {
    queryClient.setQueryData(apiQuery("/api/legs/mine").queryKey as QueryKey, told);
    queryClient.setQueryData(apiQuery("/api/engagements/mine").queryKey as QueryKey, engagement(more));
  });
}

const heard = { state: "active", started_at: "2025-11-20T12:00:02Z", segment_started_at: "2025-11-20T12:00:02Z" };

const METER = "Loudness of what you hear";

test.each([
  [{ phone_kind: "number", phone_address: "+351910000000" }, "Your phone +351910000000 rings: pick it up."],
  [{ phone_kind: "sip", phone_address: "sip:900@pbx" }, "Your desk phone 900@pbx rings: pick it up."],
  [{ phone_kind: "sip", phone_address: "sip:900@pbx", phone_auto_answer: true }, "Your desk phone 900@pbx answers by itself."],
])("while a phone is rung the dock says which, and what to do: %o", async (phone, text) => {
  await show({ ...phone, phone_state: "ringing" });
  expect(await screen.findByText(text)).toBeTruthy();
  expect(screen.getByText("Ringing your phone")).toBeTruthy();
  expect(screen.queryByRole("img", { name: METER })).toBeNull();
  expect(screen.getByRole("button", { name: /Stop/ })).toBeTruthy();
});

test("on a desk phone one speaks and mutes without the browser's microphone and its warning", async () => {
  await show({ phone_kind: "sip", phone_address: "sip:900@pbx", phone_state: "up", ...heard, mode: "coach" });
  expect(await screen.findByText("Coaching")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Mute yourself" })).toBeTruthy();
  expect(screen.queryByRole("img", { name: METER })).toBeNull();
  expect(screen.queryByText(/Nobody hears you/)).toBeNull();
  expect(screen.queryByText(/rings|answers by itself/)).toBeNull();
});

test("a desk phone whose connection was lost may ring again", async () => {
  await show({ phone_kind: "sip", phone_address: "sip:900@pbx", phone_state: "ringing", state: "lost" });
  expect(await screen.findByText("Connection lost")).toBeTruthy();
  expect(screen.getByText(/Should your phone 900@pbx ring again, pick it up/)).toBeTruthy();
});

test("in the browser the dock shows how loud it is", async () => {
  await show(heard);
  expect(await screen.findByText("Monitoring")).toBeTruthy();
  expect(screen.getByRole("img", { name: METER })).toBeTruthy();
});

test("until one hears, the dock says that it is connecting and counts no time", async () => {
  await show({});
  expect(await screen.findByText("Connecting")).toBeTruthy();
  expect(screen.queryByText("Monitoring")).toBeNull();
  expect(screen.queryByRole("timer")).toBeNull();
});

test("a mode that is not heard yet is not said to be", async () => {
  await show({ state: "active", started_at: heard.started_at, mode: "coach" });
  expect(await screen.findByText("Changing over")).toBeTruthy();
  expect(screen.queryByText("Coaching")).toBeNull();
  expect(screen.queryByRole("timer")).toBeNull();
});

test.each([
  [true, "On hold"],
  [false, "Took over"],
])("of a call that was taken over the dock says whether its customer is on hold: %s", async (is_held, text) => {
  const { queryClient } = await renderSignedIn(<EngagementDock />, someone(["barge_kick"]), {});
  const call = { id: "call", participants: [{ id: "engagement", is_held: false }, { id: "customer", is_held }] };
  act(() => {
    queryClient.setQueryData(apiQuery("/api/desk").queryKey as QueryKey, { current: [call], wrap_up: null });
    queryClient.setQueryData(apiQuery("/api/engagements/mine").queryKey as QueryKey, engagement({ ...heard, mode: "barge_kick" }));
  });
  expect(await screen.findByText(text)).toBeTruthy();
});

test.each([
  ["the browser calls its connection shaky or broken", () => ownLeg.state.set("lost")],
  ["nothing comes in any more", () => ownLeg.isStill.set(true)],
])("as soon as %s, the dock says so instead of the mode and counts no time", async (_when, happens) => {
  ownLeg.state.set("up");
  await show({ ...heard, mode: "coach" });
  expect(await screen.findByText("Coaching")).toBeTruthy();
  expect(screen.getByRole("timer")).toBeTruthy();
  act(happens);
  expect(screen.getByText("Connection lost")).toBeTruthy();
  expect(screen.queryByText("Coaching")).toBeNull();
  expect(screen.queryByRole("timer")).toBeNull();
  act(() => {
    ownLeg.state.set("up");
    ownLeg.isStill.set(false);
  });
  expect(screen.getByText("Coaching")).toBeTruthy();
});

test("while this page connects its phone anew, the dock says that it is connecting", async () => {
  ownLeg.state.set("connecting");
  await show({ ...heard, mode: "coach" });
  expect(await screen.findByText("Connecting")).toBeTruthy();
  expect(screen.queryByText("Coaching")).toBeNull();
  expect(screen.queryByRole("timer")).toBeNull();
});

test.each([
  ["stopped", { ...leg, state: "up" }, "Coaching"],
  ["stopped", { ...leg, state: "lost" }, "Connection lost"],
  ["stopped", { ...leg, state: "connecting" }, "Connecting"],
  ["stopped", null, "Connection lost"],
  ["up", { ...leg, state: "lost" }, "Connection lost"],
  ["up", null, "Connecting"],
] as const)("with a connection that is %s in this tab the server's word counts: %o", async (own, told, text) => {
  ownLeg.state.set(own);
  await show({ ...heard, mode: "coach" }, told);
  expect(await screen.findByText(text)).toBeTruthy();
});

test("an engagement on a desk phone goes on whatever becomes of the browser's connection", async () => {
  ownLeg.state.set("lost");
  await show({ phone_kind: "sip", phone_address: "sip:900@pbx", phone_state: "up", ...heard, mode: "coach" });
  expect(await screen.findByText("Coaching")).toBeTruthy();
});
