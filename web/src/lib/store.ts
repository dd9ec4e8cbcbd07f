import { useSyncExternalStore } from "react";

/** A value that lives outside React and tells who watches it. */
export interface Store<T> {
  get(): T;
  /** Replace the value; watchers are told unless it is the same one. */
  set(next: T | ((now: T) => T)): void;
  subscribe(listener: () => void): () => void;
}

/** Make a store that starts with `initial`. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      const made = typeof next === "function" ? (next as (now: T) => T)(value) : next;
      if (Object.is(made, value)) return;
      value = made;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Read a store in a component, which renders again when the value changes. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/** A store whose value is kept in this browser under `key`; an unreadable or foreign value gives `initial`. */
export function createKeptStore<T extends string>(key: string, initial: T, allowed: readonly T[]): Store<T> {
  const kept = readStorage(key);
  const store = createStore<T>(allowed.includes(kept as T) ? (kept as T) : initial);
  return {
    ...store,
    set(next) {
      store.set(next);
      writeStorage(key, store.get());
    },
  };
}

/** localStorage without its exceptions: null when nothing is kept or storage is blocked. */
export function readStorage(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep `value` (null: forget it); a browser that keeps nothing is not an error. */
export function writeStorage(key: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, value);
  } catch {
    // Storage is full or blocked: the value lives until the page is left.
  }
}
