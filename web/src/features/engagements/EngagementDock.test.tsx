import { act, screen } from "@testing-library/react";
import type { QueryKey } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { apiQuery } from "@/api";
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

afterEach(() => vi.unstubAllGlobals());

async function show(more: object) {
  const { queryClient } = await renderSignedIn(<EngagementDock />, someone(["monitor"]), {});
  act(() => void queryClient.setQueryData(apiQuery("/api/engagements/mine").queryKey as QueryKey, engagement(more)));
}

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
  await show({ phone_kind: "sip", phone_address: "sip:900@pbx", phone_state: "up", state: "active", mode: "coach" });
  expect(await screen.findByText("Coaching")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Mute yourself" })).toBeTruthy();
  expect(screen.queryByRole("img", { name: METER })).toBeNull();
  expect(screen.queryByText(/Nobody hears you/)).toBeNull();
  expect(screen.queryByText(/rings|answers by itself/)).toBeNull();
});

test("a desk phone whose connection was lost may ring again", async () => {
  await show({ phone_kind: "sip", phone_address: "sip:900@pbx", phone_state: "ringing", state: "lost" });
  expect(await screen.findByText("Connection lost")).toBeTruthy();
  expect(screen.getByText(/ring again, pick it up/)).toBeTruthy();
});

test("in the browser the dock shows how loud it is", async () => {
  await show({ state: "active" });
  expect(await screen.findByText("Monitoring")).toBeTruthy();
  expect(screen.getByRole("img", { name: METER })).toBeTruthy();
});
