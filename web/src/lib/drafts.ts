import { useCallback, useEffect, useRef, useState } from "react";
import { readStorage, writeStorage } from "./store";

const PREFIX = "sideline.draft.";
const KEPT_FOR_MS = 30 * 24 * 3600 * 1000;

let owner = "nobody";

/** Drafts belong to a person: what one typed is not offered to the next who signs in on this machine. */
export function setDraftOwner(userId: string): void {
  owner = userId;
}

interface Kept<T> {
  readonly at: number;
  readonly value: T;
  /** The version of the thing that was edited. */
  readonly basis?: number;
}

function read<T>(key: string): Kept<T> | undefined {
  const text = readStorage(PREFIX + key);
  if (text === null) return undefined;
  try {
    const kept = JSON.parse(text) as Kept<T>;
    if (Date.now() - kept.at < KEPT_FOR_MS) return kept;
  } catch {
    // Written by another version: nothing that could be shown.
  }
  writeStorage(PREFIX + key, null);
  return undefined;
}

/** What {@link useDraft} gives. */
export interface Draft<T> {
  readonly value: T;
  readonly set: (next: T | ((now: T) => T)) => void;
  /** Forget the draft and go back to `initial`: the form was saved, or the person discarded it. */
  readonly clear: () => void;
  /** The version that the values were typed over: the given one, or an earlier one for a draft from before. */
  readonly basis: number | undefined;
  /** True while the value came from an earlier visit and has not been cleared. */
  readonly isRestored: boolean;
}

/**
 * Form values that outlive reload, sign-out and a conflict: kept in this browser under `key` until cleared.
 *
 * Name the thing that is edited in the key (`"user.new"`, `` `user.${id}` ``). Values must survive JSON. Fields named in
 * `secrets` (passwords) live in the page only.
 */
export function useDraft<T extends object>(key: string, initial: T, secrets: readonly (keyof T)[] = [], basis?: number): Draft<T> {
  const unkept = useRef(secrets);
  const storageKey = `${owner}.${key}`;
  const first = useRef(initial);
  const given = useRef(basis);
  const [state, setState] = useState(() => {
    const kept = read<T>(storageKey);
    return { value: kept?.value ?? initial, basis: kept === undefined ? basis : (kept.basis ?? basis), isRestored: kept !== undefined, isTouched: false };
  });

  useEffect(() => {
    if (!state.isTouched) return;
    const value = { ...state.value };
    for (const name of unkept.current) value[name] = first.current[name];
    writeStorage(PREFIX + storageKey, JSON.stringify({ at: Date.now(), value, basis: state.basis } satisfies Kept<T>));
  }, [state, storageKey]);

  const set = useCallback((next: T | ((now: T) => T)) => {
    setState((now) => ({
      ...now,
      value: typeof next === "function" ? (next as (now: T) => T)(now.value) : next,
      isTouched: true,
    }));
  }, []);

  const clear = useCallback(() => {
    writeStorage(PREFIX + storageKey, null);
    setState({ value: first.current, basis: given.current, isRestored: false, isTouched: false });
  }, [storageKey]);

  return { value: state.value, set, clear, basis: state.basis, isRestored: state.isRestored };
}
