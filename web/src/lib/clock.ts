import { useSyncExternalStore } from "react";

/** Milliseconds that the server's clock is ahead of this browser's. */
let offset = 0;
let ticking: ReturnType<typeof setTimeout> | undefined;
let tick = 0;
const listeners = new Set<() => void>();

/** The server's time now, in milliseconds since the epoch. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Correct the clock by a time that the server just told (ISO 8601). An unreadable time changes nothing. */
export function noteServerTime(iso: string): void {
  const told = Date.parse(iso);
  if (Number.isNaN(told)) return;
  offset = told - Date.now();
  beat();
}

function beat(): void {
  tick = Math.floor(serverNow() / 1000) * 1000;
  for (const listener of [...listeners]) listener();
}

function schedule(): void {
  // Aim just behind the server's next full second, so that one beat serves every duration on the screen.
  ticking = setTimeout(
    () => {
      beat();
      schedule();
    },
    1005 - (serverNow() % 1000),
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (ticking === undefined) {
    tick = Math.floor(serverNow() / 1000) * 1000;
    schedule();
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearTimeout(ticking);
      ticking = undefined;
    }
  };
}

function snapshot(): number {
  if (ticking === undefined) tick = Math.floor(serverNow() / 1000) * 1000;
  return tick;
}

/** The server's present second in milliseconds; the component renders again with each one. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

/**
 * Something computed from the present second; the component renders again only when the result changes.
 *
 * `read` must return a primitive: `useNowAs((now) => now > expires)`.
 */
export function useNowAs<T extends string | number | boolean>(read: (now: number) => T): T {
  const get = () => read(snapshot());
  return useSyncExternalStore(subscribe, get, get);
}
