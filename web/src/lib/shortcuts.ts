import { useEffect, useRef } from "react";
import { createKeptStore, createStore } from "./store";

/** A shortcut as the `?` list shows it. */
export interface Shortcut {
  /** `"mod+k"`, `"?"`, `"Escape"`, or a sequence: `"g i"`. `mod` is Ctrl, or ⌘ on a Mac. */
  readonly keys: string;
  readonly label: string;
  /** The heading it stands under in the list. */
  readonly group: string;
}

interface Entry extends Shortcut {
  readonly id: number;
  /** Null: listed only, another part handles the key. */
  readonly run: ((event: KeyboardEvent) => void) | null;
  readonly worksInFields: boolean;
}

/** People who speak to their computer switch single keys off (WCAG 2.1.4); those with Ctrl and Escape stay. */
export const singleKeys = createKeptStore<"on" | "off">("sideline.single-keys", "on", ["on", "off"]);

/** Shortcuts of the components on screen now. */
export const activeShortcuts = createStore<readonly Shortcut[]>([]);

const entries = new Map<number, Entry>();
let nextId = 1;
let pending = "";
let pendingUntil = 0;

const SEQUENCE_MS = 1200;

export const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** Whether typing goes into the element, so that letters are text and not commands. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
}

function nameOf(event: KeyboardEvent): string {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${mod ? "mod+" : ""}${event.altKey ? "alt+" : ""}${key}`;
}

function isSingle(keys: string): boolean {
  return !keys.includes("mod+") && !keys.includes("alt+") && keys.split(" ").every((key) => key.length === 1);
}

/** Whether a letter pressed now would end a sequence ("g m"), so that nobody else may take it for a command of its own. */
export function isSequencePending(): boolean {
  return pending !== "" && Date.now() < pendingUntil;
}

/** Whether a part of the page that handles keys itself may take a single letter for a command now. */
export function mayTakeLetter(): boolean {
  return singleKeys.get() === "on" && !isSequencePending();
}

/** Handle a key press for the whole page; the shell installs it once. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const typing = isTyping(event.target);
  const now = Date.now();
  const sequence = pending !== "" && now < pendingUntil ? `${pending} ${name}` : "";
  pending = "";
  // The latest registered wins: a dialog's Escape before the page's.
  const candidates = [...entries.values()].reverse();
  for (const wanted of sequence === "" ? [name] : [sequence, name]) {
    for (const entry of candidates) {
      if (entry.run === null || entry.keys !== wanted) continue;
      if (typing && !entry.worksInFields) continue;
      if (isSingle(entry.keys) && singleKeys.get() === "off") continue;
      event.preventDefault();
      entry.run(event);
      return;
    }
  }
  if (!typing && candidates.some((entry) => entry.keys.startsWith(`${name} `))) {
    pending = name;
    pendingUntil = now + SEQUENCE_MS;
  }
}

function publish(): void {
  activeShortcuts.set([...entries.values()].map(({ keys, label, group }) => ({ keys, label, group })));
}

/**
 * A keyboard shortcut while the component is on screen; it appears in the `?` list by itself.
 *
 * `run` null only lists it (the key is handled by a table or a dialog). `when` false takes it away.
 */
export function useShortcut(
  keys: string,
  run: ((event: KeyboardEvent) => void) | null,
  { label, group, when = true, worksInFields = false }: { label: string; group: string; when?: boolean; worksInFields?: boolean },
): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  const isListedOnly = run === null;
  useEffect(() => {
    if (!when) return;
    const id = nextId++;
    entries.set(id, {
      id,
      keys,
      label,
      group,
      worksInFields,
      run: isListedOnly ? null : (event) => latest.current?.(event),
    });
    publish();
    return () => {
      entries.delete(id);
      publish();
    };
  }, [keys, label, group, when, worksInFields, isListedOnly]);
}

/** Put keys that another part handles into the `?` list while the component is on screen. */
export function useListedShortcuts(shortcuts: readonly Shortcut[]): void {
  const joined = JSON.stringify(shortcuts);
  useEffect(() => {
    const ids = (JSON.parse(joined) as Shortcut[]).map((shortcut) => {
      const id = nextId++;
      entries.set(id, { ...shortcut, id, worksInFields: false, run: null });
      return id;
    });
    publish();
    return () => {
      for (const id of ids) entries.delete(id);
      publish();
    };
  }, [joined]);
}
