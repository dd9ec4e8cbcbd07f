import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { QueryKey } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { apiQuery } from "@/api";
import { renderSignedIn, someone } from "@/test/signed-in";
import { OwnMenu } from "./OwnMenu";

const yes = { allowed: true, refusal: null };

const engagement = {
  id: "engagement",
  interaction_id: "call",
  interaction_number: 1001,
  supervisor: { id: "me", name: "Sofia Berg" },
  agent: { id: "ana", name: "Ana Lima" },
  target_participant_id: "seat",
  target_purpose: "agent",
  mode: "coach",
  state: "active",
  version: 1,
  abilities: { stop: yes },
};

afterEach(() => vi.unstubAllGlobals());

test("signing out here ends one's engagement at once, also where one is signed in elsewhere too", async () => {
  const { queryClient, sent } = await renderSignedIn(<OwnMenu onShortcuts={() => undefined} />, someone(["coach"]), {});
  act(() => queryClient.setQueryData(apiQuery("/api/engagements/mine").queryKey as QueryKey, engagement));
  await userEvent.click(screen.getByRole("button", { name: /^Your menu/ }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  await userEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  await vi.waitFor(() => expect(sent.map(({ what }) => what)).toEqual(["post /api/engagements/engagement/stop", "post /api/sign-out"]));
});
