import { screen } from "@testing-library/react";
import { expect, test, vi, afterEach } from "vitest";
import { renderSignedIn, someone } from "@/test/signed-in";
import { fitColumns } from "@/ui/table/fit-columns";
import CoachManagerScreen from "./CoachManagerScreen";
import { historyColumns } from "./History";

const stretch = {
  id: "segment",
  engagement_id: "engagement",
  interaction_id: "call",
  interaction_number: 1001,
  type: "barge_kick",
  supervisor: { id: "nils", name: "Nils Berg" },
  started_at: "2025-11-20T12:00:00Z",
  ended_at: "2025-11-20T12:04:00Z",
  length_seconds: 240,
  target_user: { id: "ana", name: "Ana Lima" },
  target_campaign: "Spring catalogue",
  end_reason: "supervisor_stopped",
  end_text: "The supervisor stopped.",
  ended_by: null,
};

afterEach(() => vi.unstubAllGlobals());

async function show(permissions: readonly string[]) {
  const asked: string[] = [];
  const history = (_: unknown, url: string) => {
    asked.push(new URL(url).search);
    return { items: [stretch], next: null };
  };
  const answers = { "/api/coach-manager/users": [], "/api/coach-manager/history": history, "/api/agents": { items: [], next: null } };
  await renderSignedIn(<CoachManagerScreen />, someone(permissions), answers);
  return asked;
}

test("while nobody is engaged everybody's history is there, with who listened", async () => {
  const asked = await show(["view_engagements", "view_engagement_history"]);
  expect(await screen.findByRole("columnheader", { name: "Supervisor" })).toBeTruthy();
  expect(await screen.findByText("Nils Berg")).toBeTruthy();
  expect(screen.getAllByText("Nobody is coaching or monitoring now").length).toBeGreaterThan(0);
  expect(asked.some((query) => query.includes("supervisor_id"))).toBe(false);
});

test("who may not read the history is not shown one that fails", async () => {
  const asked = await show(["view_engagements"]);
  expect((await screen.findAllByText("Nobody is coaching or monitoring now")).length).toBeGreaterThan(0);
  expect(screen.queryByText("Coaching / Monitoring History")).toBeNull();
  expect(asked).toEqual([]);
});

test.each([
  [false, ["type", "start", "end", "length", "user", "campaign"]],
  [true, ["type", "supervisor", "start", "length", "user", "campaign"]],
])("the history has its columns beside the list of users on a window of 1280 pixels; of everybody: %s", (isOfEverybody, ids) => {
  expect(fitColumns(historyColumns(isOfEverybody), 679, false).map(({ id }) => id)).toEqual(ids);
});
