import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { renderSignedIn, someone } from "@/test/signed-in";
import AgentsScreen from "./AgentsScreen";

const yes = { allowed: true };
const no = { allowed: false, refusal: { code: "not_in_control", text: "Ben Okafor is only consulted." } };

const seat = (id: string, name: string, purpose: string, more: object = {}) => ({ id, user_id: id, name, purpose, state: "joined", is_consulted: false, ...more });

/** Ana talks with a customer and consults Ben. */
function consultation(ben: object = {}) {
  const call = {
    id: "call",
    number: 7,
    state: "consulting",
    started_at: "2025-11-20T12:00:00Z",
    customer_name: "Cleo",
    phone_number: "",
    agent: { id: "ana", name: "Ana Lima" },
    listeners: [],
    participants: [seat("ana-seat", "Ana Lima", "agent"), seat("ben-seat", "Ben Okafor", "agent", { is_consulted: true, ...ben }), seat("customer", "Cleo", "customer")],
    targets: { "ana-seat": { monitor: yes, barge_kick: yes }, "ben-seat": { monitor: yes, barge_kick: no } },
  };
  const row = (id: string, name: string) => ({
    user: { id, name, team: null },
    presence: null,
    queues: [],
    interaction: call,
    participant_id: `${id}-seat`,
    listeners: [],
    abilities: call.targets[`${id}-seat` as "ana-seat"],
  });
  return { items: [row("ana", "Ana Lima"), row("ben", "Ben Okafor")], next: null };
}

afterEach(() => vi.unstubAllGlobals());

const show = (agents: object) => renderSignedIn(<AgentsScreen />, someone(["monitor"]), { "/api/agents": agents, "/api/engagements/mine": null });

test("Monitor on the row of an agent who is consulted means that agent, not the one who consults", async () => {
  const { sent } = await show(consultation());
  await userEvent.click(await screen.findByRole("button", { name: "Monitor: Ben Okafor" }));
  await waitFor(() => expect(sent.map(({ body }) => (body as { target_participant_id: string }).target_participant_id)).toEqual(["ben-seat"]));
});

test("Barge-Kick on the row of an agent who is consulted says why not, and takes the call from nobody", async () => {
  const { sent } = await show(consultation());
  const button = await screen.findByRole("button", { name: "Barge-Kick: Ben Okafor" });
  expect(button.getAttribute("aria-description")).toBe("Ben Okafor is only consulted.");
  await userEvent.click(button);
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(sent).toEqual([]);
});

test("an agent whose phone still rings has no actions, whoever else is on the call", async () => {
  await show(consultation({ state: "ringing" }));
  await screen.findByRole("button", { name: "Monitor: Ana Lima" });
  expect(screen.queryByRole("button", { name: /: Ben Okafor/ })).toBeNull();
});
