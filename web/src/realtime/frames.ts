import type { Event } from "@/api";

/** What the server sends; one JSON text frame each. */
export type ServerFrame =
  | { readonly kind: "hello"; readonly position: string; readonly server_time: string }
  | { readonly kind: "subscribed"; readonly topics: readonly string[]; readonly refused: readonly string[] }
  | { readonly kind: "events"; readonly position: string; readonly events: readonly Event[] }
  | Signal
  | { readonly kind: "resync"; readonly position: string }
  /** A sign of life; its position lets a page resume that heard no event for long. */
  | { readonly kind: "ping"; readonly position?: string }
  | { readonly kind: "bye"; readonly reason: string };

/** Something passing (talking, typing): never stored, never resumed. */
export interface Signal {
  readonly kind: "signal";
  readonly type: string;
  readonly [member: string]: unknown;
}

/** What this page sends. */
export type ClientFrame =
  | { readonly op: "subscribe" | "unsubscribe"; readonly topics: readonly string[] }
  | { readonly op: "resume"; readonly position: string }
  | { readonly op: "pong" }
  /** First on a customer's socket, which has no session: the token of their call. */
  | { readonly op: "identify"; readonly token: string };

const KINDS: ReadonlySet<string> = new Set(["hello", "subscribed", "events", "signal", "resync", "ping", "bye"]);

/** Read a frame; undefined for one that this version does not know, which is passed over. */
export function readFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const frame = JSON.parse(data) as { kind?: unknown } | null;
    return typeof frame?.kind === "string" && KINDS.has(frame.kind) ? (frame as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}
