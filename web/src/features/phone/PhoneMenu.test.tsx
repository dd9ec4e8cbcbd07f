import { act, screen, waitFor } from "@testing-library/react";
import type { QueryKey } from "@tanstack/react-query";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { apiQuery } from "@/api";
import { renderSignedIn, someone } from "@/test/signed-in";
import { PhoneMenu } from "./PhoneMenu";

const yes = { allowed: true, refusal: null };
const no = { allowed: false, refusal: { code: "phone_kind_unsupported", text: "Calls are made in the browser here." } };

const browser = { id: "browser", kind: "browser", label: "", address: "", auto_answer: false, is_selected: false, abilities: { select: yes } };
const desk = { id: "desk", kind: "sip", label: "Desk", address: "sip:900@pbx", auto_answer: true, is_selected: true, abilities: {} };

const EVERY_KIND = ["browser", "sip", "number"];

afterEach(() => vi.unstubAllGlobals());

async function open(me: object, answers: Readonly<Record<string, unknown>> = {}) {
  const shown = await renderSignedIn(<PhoneMenu />, someone(["monitor"], me), answers);
  await userEvent.click(await screen.findByRole("button", { name: /Your phone/ }));
  return shown;
}

test("a desk phone that is selected is named, with what it will do", async () => {
  await open({ phone: desk, phone_kinds: EVERY_KIND }, { "/api/phones": [desk, browser] });
  expect(screen.getByRole("button", { name: /Desk/ })).toBeTruthy();
  expect(await screen.findByText("Desk answers by itself when you monitor or coach a call of the telephone system.")).toBeTruthy();
  expect(await screen.findByRole("menuitemradio", { name: "This browser" })).toBeTruthy();
});

test("a number that is selected says that it rings", async () => {
  const mobile = { ...desk, kind: "number", label: "", address: "+351910000000", auto_answer: false };
  await open({ phone: mobile, phone_kinds: EVERY_KIND }, { "/api/phones": [mobile, browser] });
  expect(await screen.findByText(/\+351910000000 rings .* pick it up then/)).toBeTruthy();
});

test("while an engagement goes on with the browser, a phone selected meanwhile is for the next one", async () => {
  const { queryClient } = await open({ phone: desk, phone_kinds: EVERY_KIND }, { "/api/phones": [desk, browser] });
  act(() => void queryClient.setQueryData(apiQuery("/api/engagements/mine").queryKey as QueryKey, { phone_kind: "browser" }));
  expect(await screen.findByText(/goes on with the phone with which it began; Desk is used from the next one on/)).toBeTruthy();
});

test("a phone that this installation doesn't reach can't be chosen, and says why; none can be added", async () => {
  const unreached = { ...desk, is_selected: false, abilities: { select: no } };
  const selected = { ...browser, is_selected: true, abilities: {} };
  await open({ phone: selected }, { "/api/phones": [selected, unreached] });
  const item = await screen.findByRole("menuitemradio", { name: "Desk" });
  expect(item.getAttribute("aria-description")).toBe("Calls are made in the browser here.");
  expect(item.hasAttribute("data-disabled")).toBe(true);
  expect(screen.queryByRole("menuitem", { name: "Add a phone" })).toBeNull();
});

test("a number is added and selected in one go", async () => {
  const selected = { ...browser, is_selected: true, abilities: {} };
  const { sent } = await open(
    { phone: selected, phone_kinds: EVERY_KIND },
    { "/api/phones": [selected], "post /api/phones": { id: "mobile" } },
  );
  await userEvent.click(await screen.findByRole("menuitem", { name: "Add a phone" }));
  await userEvent.click(await screen.findByRole("combobox", { name: "Kind" }));
  await userEvent.click(await screen.findByRole("option", { name: "Telephone number" }));
  await userEvent.type(screen.getByRole("textbox", { name: /^Number/ }), "+351 910 000 000");
  await userEvent.click(screen.getByRole("button", { name: "Add and use it" }));
  await waitFor(() =>
    expect(sent).toEqual([
      { what: "post /api/phones", body: { kind: "number", address: "+351 910 000 000", label: "", auto_answer: false } },
      { what: "post /api/phones/mobile/select", body: undefined },
    ]),
  );
});
