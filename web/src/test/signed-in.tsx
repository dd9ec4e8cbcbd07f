import type { ReactNode } from "react";
import { vi } from "vitest";
import { meQuery, type Me } from "@/api";
import { RealtimeProvider } from "@/realtime";
import { quietQueryClient, renderAt } from "./render";

/** A request that a screen sent: `"post /api/engagements"`, and its body. */
export interface Sent {
  readonly what: string;
  readonly body: unknown;
}

/** Somebody with these permissions for everything. */
export function someone(permissions: readonly string[], more: object = {}): Me {
  return {
    user: { id: "me", name: "Sofia Berg", email: "", time_zone: "UTC", team_id: null, team_name: null, roles: [] },
    permissions: permissions.map((permission) => ({ permission, scope: "own_teams" })),
    presence: { status: "available", reason: "", since: "2025-11-20T12:00:00Z", wrap_up_until: null },
    phone: null,
    phone_kinds: ["browser"],
    policies: {},
    own_team_ids: [],
    is_demo: true,
    ...more,
  } as unknown as Me;
}

/**
 * Render a screen as it is for who is signed in, with a server that answers by path and keeps what it is sent.
 *
 * An answer that is a function is asked each time; a `Response` stands for itself.
 */
export async function renderSignedIn(node: ReactNode, me: Me, answers: Readonly<Record<string, unknown>>, address = "/") {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    const isRead = request.method === "GET";
    const body: unknown = isRead ? undefined : await request.json().catch(() => undefined);
    const what = isRead ? pathname : `${request.method.toLowerCase()} ${pathname}`;
    if (!isRead) sent.push({ what, body });
    const found = answers[what];
    const answer: unknown = typeof found === "function" ? (found as (body: unknown, url: string) => unknown)(body, request.url) : found;
    if (answer instanceof Response) return answer;
    return new Response(JSON.stringify(answer ?? null), { status: 200, headers: { "content-type": "application/json" } });
  });
  const queryClient = quietQueryClient();
  queryClient.setQueryData(meQuery().queryKey, me);
  const rendered = await renderAt(<RealtimeProvider applyEvent={() => undefined}>{node}</RealtimeProvider>, { address, queryClient });
  return { ...rendered, sent, queryClient };
}
