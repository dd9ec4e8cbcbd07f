import { act, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderSignedIn, someone } from "@/test/signed-in";
import { ownLeg } from "./own-phone";
import { usePhoneWords } from "./use-phone-words";

afterEach(() => {
  ownLeg.state.set("stopped");
  vi.unstubAllGlobals();
});

const no = (code: string, text: string) => ({ allowed: false, refusal: { code, text } });

const ABILITIES = {
  monitor: no("no_phone", "Your phone isn't connected; connect it first."),
  coach: no("already_coached", "Greta is coaching this agent already."),
};

function Said() {
  const { monitor, coach } = usePhoneWords()(ABILITIES);
  return <p>{[monitor.refusal.text, coach.refusal.text].join(" ")}</p>;
}

test("a phone that the page is just connecting is not said to be missing", async () => {
  ownLeg.state.set("connecting");
  const browser = { id: "browser", kind: "browser", label: "", address: "", auto_answer: false };
  await renderSignedIn(<Said />, someone(["monitor"], { phone: browser }), {});
  expect(await screen.findByText("Your phone is being connected; you can do this in a moment. Greta is coaching this agent already.")).toBeTruthy();
  act(() => ownLeg.state.set("stopped"));
  expect(screen.getByText("Your phone isn't connected; connect it first. Greta is coaching this agent already.")).toBeTruthy();
});
