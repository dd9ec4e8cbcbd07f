import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { Problem } from "@/api";
import { announcements } from "@/lib/announcer";
import { renderAt } from "@/test/render";
import { AbilityButton } from "./AbilityButton";

const refused = { allowed: false, refusal: { code: "already_coached", text: "Sofia Berg is coaching this agent already." } };

describe("AbilityButton", () => {
  test("what will never be allowed is absent", async () => {
    await renderAt(
      <AbilityButton ability={undefined} run={() => undefined}>
        Coach
      </AbilityButton>,
    );
    expect(screen.queryByRole("button")).toBeNull();
  });

  test("what is refused now can be focused, says why, and does nothing", async () => {
    const run = vi.fn();
    await renderAt(
      <AbilityButton ability={refused} run={run}>
        Coach
      </AbilityButton>,
    );
    const button = screen.getByRole("button", { name: "Coach", description: refused.refusal.text });
    expect(button.getAttribute("aria-disabled")).toBe("true");
    await userEvent.tab();
    expect(document.activeElement).toBe(button);
    await userEvent.click(button);
    await userEvent.keyboard("{Enter}");
    expect(run).not.toHaveBeenCalled();
  });

  test("what is allowed shows its progress at once, keeps the focus, and runs once however often it is pressed", async () => {
    let finish = () => undefined as void;
    const run = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    await renderAt(
      <AbilityButton ability={{ allowed: true }} run={run}>
        Coach
      </AbilityButton>,
    );
    const button = screen.getByRole("button", { name: "Coach" });
    await userEvent.click(button);
    await userEvent.click(button);
    expect(button.getAttribute("aria-busy")).toBe("true");
    expect(document.activeElement).toBe(button);
    expect(run).toHaveBeenCalledOnce();
    finish();
    await vi.waitFor(() => expect(button.getAttribute("aria-busy")).toBeNull());
  });

  test("a refusal by the server is announced with its sentence", async () => {
    const problem = new Problem({ type: "", title: "Not possible now", status: 409, detail: refused.refusal.text, code: "already_coached" });
    await renderAt(
      <AbilityButton ability="always" run={() => Promise.reject(problem)}>
        Coach
      </AbilityButton>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Coach" }));
    await vi.waitFor(() => expect(announcements.get()).toMatchObject({ isUrgent: true, text: expect.stringContaining("Sofia Berg") }));
  });
});
