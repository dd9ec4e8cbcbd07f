import { act, screen, within } from "@testing-library/react";
import { IconEar } from "@tabler/icons-react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, test, vi } from "vitest";
import { Problem } from "@/api";
import { announcements } from "@/lib/announcer";
import { activeShortcuts, handleKey, singleKeys, useShortcut } from "@/lib/shortcuts";
import { renderAt } from "@/test/render";
import { EmptyState } from "../EmptyState";
import { DataTable } from "./DataTable";
import { fitColumns } from "./fit-columns";
import { RowButtons } from "./row-actions";
import type { Column, DataTableProps, RowAction } from "./types";

interface Row {
  id: string;
  name: string;
}

const COLUMNS: readonly Column<Row>[] = [{ id: "name", header: "Name", cell: (row) => row.name, narrow: "title" }];
const ROWS: Row[] = ["Ana", "Ben", "Chiara", "Dev"].map((name) => ({ id: name.toLowerCase(), name }));

const base: DataTableProps<Row> = {
  label: "People",
  columns: COLUMNS,
  rows: ROWS,
  rowId: (row) => row.id,
  rowName: (row) => row.name,
  empty: <EmptyState title="Nobody is here yet" />,
};

const focused = () => document.activeElement?.getAttribute("data-row-id");

describe("a table's rows", () => {
  test("are one stop of the tab key; arrows, Home and End move between them", async () => {
    await renderAt(<DataTable {...base} />);
    await userEvent.tab();
    expect(focused()).toBe("ana");
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    expect(focused()).toBe("chiara");
    await userEvent.keyboard("{End}{ArrowDown}");
    expect(focused()).toBe("dev");
    await userEvent.keyboard("{Home}{ArrowUp}");
    expect(focused()).toBe("ana");
    await userEvent.tab();
    expect(document.activeElement).toBe(document.body);
  });

  test("open with Enter and with a click", async () => {
    const onOpen = vi.fn();
    await renderAt(<DataTable {...base} onOpen={onOpen} />);
    await userEvent.tab();
    await userEvent.keyboard("{ArrowDown}{Enter}");
    await userEvent.click(screen.getByText("Dev"));
    expect(onOpen.mock.calls.map(([row]) => row.id)).toEqual(["ben", "dev"]);
  });

  test("keep the focus on the same row when others come, and pass it on when the row itself goes", async () => {
    let change: (rows: Row[]) => void = () => undefined;
    const Live = () => {
      const [rows, setRows] = useState(ROWS);
      change = setRows;
      return <DataTable {...base} rows={rows} />;
    };
    await renderAt(<Live />);
    await userEvent.tab();
    await userEvent.keyboard("{ArrowDown}");
    const more = [{ id: "eve", name: "Eve" }, ...ROWS];
    act(() => change(more));
    expect(focused()).toBe("ben");
    act(() => change(more.filter((row) => row.id !== "ben")));
    expect(focused()).toBe("chiara");
    await userEvent.keyboard("{ArrowUp}");
    expect(focused()).toBe("ana");
  });
});

describe("a row's actions", () => {
  const actionsFor =
    (run: (what: string) => unknown) =>
    (row: Row): RowAction[] => [
      { id: "monitor", label: "Monitor", keys: "m", ability: { allowed: true }, run: () => run(`monitor ${row.id}`) },
      {
        id: "coach",
        label: "Coach",
        keys: "c",
        ability: { allowed: false, refusal: { code: "observe_first", text: "Monitor the interaction first." } },
        run: () => run(`coach ${row.id}`),
      },
      { id: "barge", label: "Barge", keys: "b", ability: undefined, run: () => run(`barge ${row.id}`) },
    ];

  test("run by their key on the selected row only", async () => {
    const run = vi.fn();
    await renderAt(<DataTable {...base} actions={actionsFor(run)} />);
    await userEvent.tab();
    await userEvent.keyboard("{ArrowDown}m");
    expect(run.mock.calls).toEqual([["monitor ben"]]);
  });

  test("do not run by the second letter of a sequence, nor with single keys switched off, and stand in the list of keys", async () => {
    const run = vi.fn();
    const go = vi.fn();
    const Page = () => {
      useShortcut("g m", go, { label: "Go", group: "Go to" });
      return <DataTable {...base} actions={actionsFor(run)} />;
    };
    window.addEventListener("keydown", handleKey);
    try {
      await renderAt(<Page />);
      await userEvent.tab();
      await userEvent.keyboard("gm");
      expect(go).toHaveBeenCalledOnce();
      expect(run).not.toHaveBeenCalled();
      act(() => singleKeys.set("off"));
      await userEvent.keyboard("m");
      expect(run).not.toHaveBeenCalled();
      expect(activeShortcuts.get().map(({ keys, label }) => [keys, label])).toEqual(expect.arrayContaining([["m", "Monitor"], ["c", "Coach"]]));
      act(() => singleKeys.set("on"));
      await userEvent.keyboard("m");
      expect(run.mock.calls).toEqual([["monitor ana"]]);
    } finally {
      act(() => singleKeys.set("on"));
      window.removeEventListener("keydown", handleKey);
    }
  });

  test("that are refused say why when their key is pressed, and are not run", async () => {
    const run = vi.fn();
    await renderAt(<DataTable {...base} actions={actionsFor(run)} />);
    await userEvent.tab();
    await userEvent.keyboard("c");
    expect(announcements.get().text).toBe("Coach: Monitor the interaction first.");
    expect(run).not.toHaveBeenCalled();
    const button = screen.getByRole("button", { name: "Coach: Ana" });
    expect(button.getAttribute("aria-disabled")).toBe("true");
    expect(button.getAttribute("aria-description")).toBe("Monitor the interaction first.");
  });

  test("that are not offered are absent, and their key does nothing", async () => {
    const run = vi.fn();
    await renderAt(<DataTable {...base} actions={actionsFor(run)} />);
    await userEvent.tab();
    await userEvent.keyboard("b");
    expect(run).not.toHaveBeenCalled();
    expect(screen.queryByRole("button", { name: /Barge/ })).toBeNull();
  });

  test("do not open the row", async () => {
    const onOpen = vi.fn();
    const run = vi.fn();
    await renderAt(<DataTable {...base} onOpen={onOpen} actions={actionsFor(run)} />);
    await userEvent.click(screen.getByRole("button", { name: "Monitor: Chiara" }));
    expect(run).toHaveBeenCalledWith("monitor chiara");
    expect(onOpen).not.toHaveBeenCalled();
  });
});

test("actions where there is little room are pictures, still named, and say in their tooltip what they do", async () => {
  const actions: RowAction[] = [
    { id: "monitor", label: "Monitor", keys: "m", icon: IconEar, ability: "always", run: () => undefined },
    { id: "edit", label: "Edit", ability: "always", run: () => undefined },
  ];
  await renderAt(<RowButtons actions={actions} rowName="Ana" running={null} press={() => undefined} isCurrent isCompact />);
  const monitor = screen.getByRole("button", { name: "Monitor: Ana" });
  expect(monitor.textContent).toBe("");
  expect(screen.getByRole("button", { name: "Edit: Ana" }).textContent).toBe("Edit");
  await userEvent.hover(monitor);
  expect((await screen.findByRole("tooltip")).textContent).toContain("Monitor");
});

describe("a table without rows", () => {
  test("shows a skeleton of itself while they are on their way", async () => {
    await renderAt(<DataTable {...base} rows={undefined} />);
    const grid = screen.getByRole("grid", { name: "People, loading" });
    expect(grid.getAttribute("aria-busy")).toBe("true");
    expect(within(grid).getByRole("columnheader", { name: "Name" })).toBeDefined();
  });

  test("says what will be here when there are none", async () => {
    await renderAt(<DataTable {...base} rows={[]} />);
    expect(screen.getByText("Nobody is here yet")).toBeDefined();
  });

  test("says what went wrong, and offers to try again", async () => {
    const onRetry = vi.fn();
    const problem = new Problem({ type: "", title: "Sideline failed", status: 500, detail: "Nothing was kept; try again.", code: "failed" });
    await renderAt(<DataTable {...base} rows={undefined} problem={problem} onRetry={onRetry} />);
    expect(within(screen.getByRole("alert", { name: "Sideline failed" })).getByText(/Nothing was kept/)).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(onRetry).toHaveBeenCalledOnce();
  });

  test("keeps the rows it has when asking again fails", async () => {
    const problem = new Problem({ type: "", title: "No connection", status: 0, detail: "Try again.", code: "no_connection" });
    await renderAt(<DataTable {...base} problem={problem} />);
    expect(screen.getByText("Ana")).toBeDefined();
    expect(screen.getByText("Try again.")).toBeDefined();
  });
});

test("there is more to load until there is not", async () => {
  const onMore = vi.fn();
  await renderAt(<DataTable {...base} paging={{ kind: "more", hasMore: true, isLoading: false, onMore }} />);
  await userEvent.click(screen.getByRole("button", { name: "Load more" }));
  expect(onMore).toHaveBeenCalledOnce();
});

test("columns go in the order in which they matter least, and come back when there is room", () => {
  const column = (id: string, narrow?: Column<Row>["narrow"]): Column<Row> => ({ id, header: id, width: 100, cell: () => id, narrow });
  const all = [column("agent", "title"), column("state", "side"), column("length"), column("campaign", "hidden"), column("queue")];
  const names = (width: number) => fitColumns(all, width, false).map((one) => one.id);
  expect(names(500)).toEqual(["agent", "state", "length", "campaign", "queue"]);
  expect(names(450)).toEqual(["agent", "state", "length", "queue"]);
  expect(names(390)).toEqual(["agent", "state", "length"]);
  expect(names(100)).toEqual(["agent", "state"]);
  expect(names(0)).toHaveLength(5);
});
