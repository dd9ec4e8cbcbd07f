import type { components } from "./schema.gen";

/** A schema of the API by its name: `Schema<"Me">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** Every event that the socket may bring; `event.type` tells which. */
export type Event = Schema<"Event">;

/** One thing that a role may let a person do. */
export type Permission = Schema<"Permission">;

/** Whether a control may be used now, as answers carry it; the browser never works this out itself. */
export interface Ability {
  readonly allowed: boolean;
  readonly refusal?: { readonly code: string; readonly text: string } | null;
}

/** A page of a list read by keyset. */
export interface Page<Row> {
  readonly items: readonly Row[];
  /** Cursor of the next page; null or absent at the end. */
  readonly next?: string | null;
}
