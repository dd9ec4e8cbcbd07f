import { createStore } from "./store";

/** What the live regions of the shell say now; `turn` makes a repeated sentence a new one. */
export interface Announcement {
  readonly text: string;
  readonly isUrgent: boolean;
  readonly turn: number;
}

/** The latest announcement, rendered by the shell's live regions. */
export const announcements = createStore<Announcement>({ text: "", isUrgent: false, turn: 0 });

/**
 * Tell screen readers what just happened: `announce("Coaching started")`.
 *
 * `urgent` interrupts what is being read; keep it for someone needing help and for failures.
 */
export function announce(text: string, { urgent = false }: { urgent?: boolean } = {}): void {
  announcements.set((now) => ({ text, isUrgent: urgent, turn: now.turn + 1 }));
}
