import { fireEvent, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { activeShortcuts, handleKey, singleKeys, useShortcut } from "./shortcuts";

function Keys({ keys, run, worksInFields }: { keys: string; run: () => void; worksInFields?: boolean }) {
  useShortcut(keys, run, { label: `do ${keys}`, group: "Test", worksInFields });
  return <input aria-label="field" />;
}

beforeEach(() => window.addEventListener("keydown", handleKey));
afterEach(() => {
  window.removeEventListener("keydown", handleKey);
  singleKeys.set("on");
});

const press = (key: string, target: Element = document.body, more = {}) => fireEvent.keyDown(target, { key, ...more });

describe("shortcuts", () => {
  test("a sequence runs when its keys come one after the other", () => {
    const run = vi.fn();
    render(<Keys keys="g i" run={run} />);
    press("i");
    expect(run).not.toHaveBeenCalled();
    press("g");
    press("i");
    expect(run).toHaveBeenCalledOnce();
  });

  test("letters typed into a field are text, Ctrl-K is not", () => {
    const letter = vi.fn();
    const search = vi.fn();
    const { getAllByRole } = render(
      <>
        <Keys keys="x" run={letter} />
        <Keys keys="mod+k" run={search} worksInFields />
      </>,
    );
    press("x", getAllByRole("textbox")[0]);
    press("k", getAllByRole("textbox")[0], { ctrlKey: true });
    expect(letter).not.toHaveBeenCalled();
    expect(search).toHaveBeenCalledOnce();
  });

  test("single keys can be switched off, those with Ctrl stay", () => {
    const letter = vi.fn();
    const search = vi.fn();
    render(
      <>
        <Keys keys="?" run={letter} />
        <Keys keys="mod+k" run={search} />
      </>,
    );
    singleKeys.set("off");
    press("?");
    press("k", document.body, { ctrlKey: true });
    expect(letter).not.toHaveBeenCalled();
    expect(search).toHaveBeenCalledOnce();
  });

  test("the list holds what is on the screen and nothing else", () => {
    const { unmount } = render(<Keys keys="?" run={() => undefined} />);
    expect(activeShortcuts.get()).toEqual([{ keys: "?", label: "do ?", group: "Test" }]);
    unmount();
    expect(activeShortcuts.get()).toEqual([]);
  });
});
