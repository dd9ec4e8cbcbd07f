import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { session, sessionLost, type Me } from "@/api";
import { announcements } from "@/lib/announcer";
import type { NavigationItem } from "@/ui";
import { IconUser } from "@tabler/icons-react";
import { App } from "./App";
import { navigationFor } from "./navigation";
import { parseSearch, stringifySearch } from "./search-params";
import { match } from "./shell/use-palette-results";

const sofia = {
  user: { id: "u1", name: "Sofia Berg", email: "sofia@demo.example", time_zone: "Europe/Berlin", team_id: null, team_name: null, roles: [] },
  permissions: [{ permission: "monitor", scope: "own_teams" }],
  presence: { status: "available", reason: "", since: "2025-11-20T12:00:00Z", wrap_up_until: null },
  phone: null,
  phone_kinds: ["browser"],
  policies: {},
  own_team_ids: [],
  is_demo: true,
} as unknown as Me;

const quinn = { ...sofia, user: { ...sofia.user, id: "u2", name: "Quinn Ashford" } };

let who: Me | null;
let posted: string[];

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (request.method === "POST") {
    posted.push(pathname);
    if (pathname === "/api/sign-in") who ??= sofia;
    if (pathname.startsWith("/api/sign-out")) who = null;
    return new Response(null, { status: 204 });
  }
  const json = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  if (pathname === "/api/sign-in-hints") return json(200, [{ name: "Sofia Berg", role: "Supervisor", email: "sofia@demo.example", password: "demo" }]);
  const problem = (status: number, code: string) => json(status, { type: "", title: "No", status, detail: "No.", code });
  if (pathname === "/api/me") return who ? json(200, who) : problem(401, "not_signed_in");
  return problem(404, "not_found");
}

beforeEach(() => {
  who = null;
  posted = [];
  session.set("unknown");
  vi.stubGlobal("fetch", (request: Request) => Promise.resolve(answer(request)));
  vi.stubGlobal("WebSocket", class {
    static readonly OPEN = 1;
    close() {}
    send() {}
  });
  window.history.replaceState(null, "", "/gallery?q=0101");
});

afterEach(() => vi.unstubAllGlobals());

const table = () => screen.findByRole("grid", { name: "Sample interactions" });

describe("signing in", () => {
  test("happens at the address that was asked for, with one click on a demo sign-in", async () => {
    render(<App />);
    await userEvent.click(await screen.findByRole("button", { name: /^Fill in Sofia Berg/ }));
    expect(screen.getByLabelText<HTMLInputElement>("Email").value).toBe("sofia@demo.example");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await table();
    expect(window.location.pathname + window.location.search).toBe("/gallery?q=0101");
  });

  test("after a session was lost goes on where it stopped, with what was typed", async () => {
    who = sofia;
    render(<App />);
    await table();
    const search = screen.getByRole("searchbox", { name: "Search" });
    await userEvent.type(search, "Ana");
    await act(async () => sessionLost());
    expect(await screen.findByText(/Your session has ended/)).toBeDefined();
    await userEvent.click(await screen.findByRole("button", { name: /^Fill in Sofia Berg/ }));
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await waitFor(() => expect(session.get()).toBe("open"));
    expect(screen.getByRole("searchbox", { name: "Search" })).toBe(search);
    expect((search as HTMLInputElement).value).toBe("0101Ana");
  });

  test("as another person gives fresh screens", async () => {
    who = sofia;
    render(<App />);
    await table();
    const search = screen.getByRole("searchbox", { name: "Search" });
    await act(async () => sessionLost());
    who = quinn;
    await userEvent.click(await screen.findByRole("button", { name: /^Fill in Sofia Berg/ }));
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await waitFor(() => expect(screen.getByRole("button", { name: "Your menu, Quinn Ashford" })).toBeDefined());
    expect(search.isConnected).toBe(false);
  });
});

describe("the shell", () => {
  beforeEach(() => {
    who = sofia;
  });

  test("opens a row in the third pane with its address, and Escape gives the focus back to the row", async () => {
    render(<App />);
    const row = within(await table()).getAllByRole("row")[1]!;
    act(() => row.focus());
    await userEvent.keyboard("{Enter}");
    const pane = await screen.findByRole("complementary", { name: "Details" });
    expect(window.location.search).toContain(`pane=sample.${row.dataset.rowId}`);
    await waitFor(() => expect(document.activeElement).toBe(pane));
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("complementary", { name: "Details" })).toBeNull());
    expect(document.activeElement).toBe(row);
    expect(window.location.search).toBe("?q=0101");
  });

  test("finds places by Ctrl-K and goes there", async () => {
    const said: string[] = [];
    const unsubscribe = announcements.subscribe(() => said.push(announcements.get().text));
    window.history.replaceState(null, "", "/nowhere");
    render(<App />);
    await screen.findByRole("heading", { name: "There is nothing at this address" });
    await userEvent.keyboard("{Control>}k{/Control}");
    const box = await screen.findByRole("combobox", { name: "Search and actions" });
    await userEvent.type(box, "gall");
    await screen.findByRole("option", { name: /Gallery/ });
    await waitFor(() => expect(screen.getAllByRole("option")).toHaveLength(1));
    await userEvent.keyboard("{Enter}");
    await table();
    await waitFor(() => expect(said).toContain("Gallery, loaded"));
    await waitFor(() => expect(screen.queryByRole("combobox", { name: "Search and actions" })).toBeNull());
    expect(document.activeElement).toBe(screen.getByRole("main"));
    unsubscribe();
  });

  test("lists the shortcuts of the screen by ?", async () => {
    render(<App />);
    await table();
    await userEvent.keyboard("?");
    const list = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
    expect(within(list).getByText("Move between rows")).toBeDefined();
  });

  test("signs out from the own menu", async () => {
    render(<App />);
    await table();
    await userEvent.click(screen.getByRole("button", { name: "Your menu, Sofia Berg" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Sign out" }));
    expect(await screen.findByLabelText("Email")).toBeDefined();
    expect(posted).toContain("/api/sign-out");
    expect(screen.queryByText(/Your session has ended/)).toBeNull();
  });
});

describe("the navigation", () => {
  const item = (order: number, needs?: NavigationItem["needs"]): NavigationItem => ({
    group: "performance",
    order,
    label: "app.name",
    to: `/${order}`,
    icon: IconUser,
    needs,
  });

  test("shows what one holds a permission for, in order, and no heading without lines", () => {
    const all = [item(3, "monitor"), item(1, ["see_audit", "monitor"]), item(2, "see_audit"), { ...item(4, "see_audit"), group: "quality" as const }];
    expect(navigationFor(sofia, all).map(({ group, items }) => [group, items.map(({ to }) => to)])).toEqual([
      ["performance", ["/1", "/3"]],
    ]);
  });
});

describe("the palette's matching", () => {
  test("wants every word to begin a word, and likes what begins the label", () => {
    expect(match("Ana Lima · North", "li no")).toBe(1);
    expect(match("Ana Lima", "an")).toBe(2);
    expect(match("Ana Lima", "ma")).toBe(0);
    expect(match("Ana Lima", "")).toBe(1);
  });
});

describe("search parameters", () => {
  test("are words that people can read, both ways", () => {
    expect(parseSearch("?state=live&pane=interaction.7")).toEqual({ state: "live", pane: "interaction.7" });
    expect(stringifySearch({ state: "live", q: "", pane: undefined, n: "123" })).toBe("?state=live&n=123");
  });
});
