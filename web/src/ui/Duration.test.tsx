import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Duration } from "./Duration";
import { noteServerTime, serverNow } from "@/lib/clock";

beforeEach(() => vi.useFakeTimers({ now: Date.parse("2025-11-20T12:00:00.400Z") }));
afterEach(() => {
  noteServerTime(new Date().toISOString());
  vi.useRealTimers();
});

describe("the shared clock", () => {
  test("ticks every duration on the screen in the same second", () => {
    render(
      <>
        <Duration since="2025-11-20T11:59:00Z" />
        <Duration since="2025-11-20T11:58:30Z" />
      </>,
    );
    expect(screen.getAllByRole("timer").map((one) => one.textContent)).toEqual(["1:00", "1:30"]);
    act(() => vi.advanceTimersByTime(1000));
    expect(screen.getAllByRole("timer").map((one) => one.textContent)).toEqual(["1:01", "1:31"]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test("follows the server's time, not the browser's", () => {
    noteServerTime("2025-11-20T12:05:00Z");
    expect(serverNow()).toBe(Date.parse("2025-11-20T12:05:00Z"));
    render(<Duration since="2025-11-20T12:04:00Z" />);
    expect(screen.getByRole("timer").textContent).toBe("1:00");
  });

  test("stops when nothing on the screen ticks", () => {
    const { unmount } = render(<Duration since="2025-11-20T11:59:00Z" />);
    unmount();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not needed for what is over", () => {
    const { container } = render(<Duration since="2025-11-20T11:00:00Z" until="2025-11-20T11:10:05Z" />);
    expect(container.textContent).toBe("10:05");
    expect(vi.getTimerCount()).toBe(0);
  });
});
