import { createStore } from "@/lib/store";
import type { Mode } from "./modes";

/** Asked where policy wants to know why somebody listens. */
export interface ReasonQuestion {
  readonly mode: Mode;
  readonly interaction: { readonly id: string; readonly number: number; readonly agent: { readonly name: string } | null };
  readonly go: (reason: string) => Promise<void>;
}

/** The question that is open; `ReasonWindow` shows it. */
export const reasonAsked = createStore<ReasonQuestion | null>(null);

/** Ask why, then go. */
export function askReason(question: ReasonQuestion): void {
  reasonAsked.set(question);
}
