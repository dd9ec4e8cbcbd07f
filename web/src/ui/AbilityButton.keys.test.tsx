import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { activeShortcuts, handleKey } from "@/lib/shortcuts";
import { renderAt } from "@/test/render";
import { AbilityButton } from "./AbilityButton";

beforeEach(() => window.addEventListener("keydown", handleKey));
afterEach(() => window.removeEventListener("keydown", handleKey));

test("a button's key does the same wherever the focus is, is listed, and leaves an open question alone", async () => {
  const run = vi.fn();
  await renderAt(
    <>
      <AbilityButton ability={{ allowed: true }} keys="s" run={run}>
        Stop
      </AbilityButton>
      <div role="dialog">
        <button type="button">Yes</button>
      </div>
    </>,
  );
  expect(activeShortcuts.get().map(({ keys, label }) => [keys, label])).toEqual([["s", "Stop"]]);
  screen.getByRole("button", { name: "Yes" }).focus();
  await userEvent.keyboard("s");
  expect(run).not.toHaveBeenCalled();
  screen.getByRole("button", { name: "Yes" }).blur();
  await userEvent.keyboard("s");
  expect(run).toHaveBeenCalledOnce();
});
