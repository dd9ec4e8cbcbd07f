import type { QueryKey } from "@tanstack/react-query";
import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { apiQuery } from "@/api";
import { renderSignedIn, someone } from "@/test/signed-in";
import { ownLeg } from "@/features/phone";
import { CallDock } from "./CallDock";
import { ColleaguePicker } from "./ColleaguePicker";
import DeskScreen from "./DeskScreen";
import { ResultCode } from "./ResultCode";
import type { Call } from "./use-desk";

const yes = { allowed: true, refusal: null };

const seat = { talk_group: "main", is_muted: false, is_held: false, is_consulted: false, leg_state: "up", left_at: null };

const call = {
  id: "call",
  number: 1001,
  state: "talking",
  queue: { id: "orders", name: "Orders" },
  agent: { id: "ben", name: "Ben Okafor" },
  customer_name: "Yara Haddad",
  phone_number: "+44 20 7946 0001",
  campaign: "",
  list_name: "",
  result_code: { id: "sold", code: "SOLD", label: "Sold" },
  started_at: "2025-11-20T12:00:00Z",
  answered_at: "2025-11-20T12:00:05Z",
  ended_at: null,
  participants: [
    { ...seat, id: "customer", purpose: "customer", user_id: null, name: "Yara Haddad", state: "joined" },
    { ...seat, id: "mine", purpose: "agent", user_id: "me", name: "Sofia Berg", state: "left" },
    { ...seat, id: "ben-seat", purpose: "agent", user_id: "ben", name: "Ben Okafor", state: "joined" },
  ],
  my_participant_id: "mine",
  abilities: {},
} as unknown as Call;

afterEach(() => {
  ownLeg.state.set("stopped");
  ownLeg.isStill.set(false);
  vi.unstubAllGlobals();
});

async function showDesk(desk: object) {
  const { queryClient } = await renderSignedIn(<DeskScreen />, someone(["take_calls"]), { "/api/result-codes": [] });
  act(() => void queryClient.setQueryData(apiQuery("/api/desk").queryKey as QueryKey, desk));
}

test("a call that was transferred away is wrapped up without saying who is on it now, and for how long", async () => {
  await showDesk({ current: [], wrap_up: call, presence: {} });
  expect(await screen.findByText("Wrap-up")).toBeTruthy();
  expect(screen.queryByText("On the call")).toBeNull();
  expect(screen.queryByText("Ben Okafor")).toBeNull();
  expect(screen.queryByRole("timer")).toBeNull();
});

test("a call that one has says who else is on it", async () => {
  await showDesk({ current: [call], wrap_up: null, presence: {} });
  expect(await screen.findByText("On the call")).toBeTruthy();
  expect(screen.getByText("Ben Okafor")).toBeTruthy();
});

test("the chosen result code is shown before the codes are there, and when it is offered no longer", async () => {
  const codes = [
    { id: "other", code: "OTHER", label: "Other", is_active: true },
    { id: "sold", code: "SOLD", label: "Sold", is_active: false },
  ];
  let answer = () => {};
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  const later = new ReadableStream<Uint8Array>({
    async start(body) {
      await mayAnswer;
      body.enqueue(new TextEncoder().encode(JSON.stringify(codes)));
      body.close();
    },
  });
  const answers = { "/api/result-codes": () => new Response(later, { headers: { "content-type": "application/json" } }) };
  await renderSignedIn(<ResultCode call={call} />, someone(["take_calls"]), answers);
  const box = await screen.findByLabelText<HTMLInputElement>("Result code", { selector: "input" });
  expect(box.value).toBe("Sold");
  answer();
  await userEvent.click(box);
  expect(await screen.findByRole("option", { name: "Other", hidden: true })).toBeTruthy();
  expect(box.value).toBe("Sold");
});

test("whom a call is transferred to is searched among queues and people", async () => {
  const orders = { id: "orders", name: "Orders", reach: yes };
  const returns = { id: "returns", name: "Returns", reach: yes };
  await renderSignedIn(
    <ColleaguePicker callId="call" withQueues onPerson={() => undefined}>
      <button type="button">Transfer</button>
    </ColleaguePicker>,
    someone(["take_calls"]),
    { "/api/colleagues": [], "/api/queues/transfer-targets": [orders, returns] },
  );
  await userEvent.click(await screen.findByRole("button", { name: "Transfer" }));
  expect(await screen.findByRole("menuitem", { name: "Returns" })).toBeTruthy();
  await userEvent.type(screen.getByLabelText("Search queues and people"), "ord");
  await vi.waitFor(() => expect(screen.queryByRole("menuitem", { name: "Returns" })).toBeNull());
  expect(screen.getByRole("menuitem", { name: "Orders" })).toBeTruthy();
});

test("of a call at one's telephone the desk says once to use the telephone, and has no buttons that can't be used", async () => {
  const refusal = { code: "on_the_telephone", text: "This call is on your telephone, so use the telephone's own buttons for it." };
  const no = { allowed: false, refusal };
  await showDesk({ current: [{ ...call, is_on_telephone: true, abilities: { hold: no, transfer: no, end: no, set_result_code: yes } }], wrap_up: null });
  expect(await screen.findAllByText(refusal.text)).toHaveLength(1);
  for (const name of ["Hold", "Transfer", "End"]) expect(screen.queryByRole("button", { name })).toBeNull();
});

test("what is refused of a call here is shown with the reason", async () => {
  const no = { allowed: false, refusal: { code: "consult_while_coached", text: "You can't consult anyone while you are being coached." } };
  await showDesk({ current: [{ ...call, abilities: { consult: no, end: yes } }], wrap_up: null });
  expect((await screen.findByRole("button", { name: "Consult" })).getAttribute("aria-disabled")).toBe("true");
  expect(screen.getByRole("button", { name: "End" })).toBeTruthy();
});

const browser = { id: "browser", kind: "browser", label: "", address: "", auto_answer: false };
const takenOver = {
  ...call,
  is_on_telephone: false,
  my_participant_id: "taken",
  participants: [...call.participants, { ...seat, id: "taken", purpose: "supervisor", user_id: "me", name: "Sofia Berg", state: "joined" }],
};

test.each([
  ["the desk", <DeskScreen key="desk" />],
  ["the dock", <CallDock key="dock" />],
])("of a call that one took over %s says at once that the browser's connection is lost", async (_where, node) => {
  ownLeg.state.set("up");
  const leg = { leg_id: "leg", tab_id: "tab", generation: 1, state: "up", has_microphone: true, is_reconnect_wanted: false };
  const { queryClient } = await renderSignedIn(node, someone(["barge_kick"], { phone: browser }), { "/api/result-codes": [], "/api/legs/mine": leg });
  const show = (more: object) =>
    act(() => {
      const desk = { current: [{ ...takenOver, ...more }], wrap_up: null, presence: {} };
      queryClient.setQueryData(apiQuery("/api/desk").queryKey as QueryKey, desk);
    });
  show({});
  expect(await screen.findByText("Talking")).toBeTruthy();
  act(() => ownLeg.isStill.set(true));
  expect(screen.getByText("Connection lost")).toBeTruthy();
  expect(screen.queryByText("Talking")).toBeNull();
  show({ is_on_telephone: true });
  expect(await screen.findByText("Talking")).toBeTruthy();
  show({});
  act(() => ownLeg.isStill.set(false));
  expect(await screen.findByText("Talking")).toBeTruthy();
});
