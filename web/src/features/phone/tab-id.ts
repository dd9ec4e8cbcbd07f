import { uuid } from "@/lib/ids";
import { createStore } from "@/lib/store";

const KEY = "sideline.tab";

/** The former page of a reloaded tab is gone within moments; who still has the name then is another tab. */
const FORMER_PAGE_GONE_MS = 1000;

/** This tab, as the server knows it; null for the moment in which that is not settled. */
export const tabId = createStore<string | null>(null);

/**
 * Names this tab to the server through reloads, so that another tab is told instead of taking the phone away.
 *
 * A duplicated tab has a copy of the storage, and so the name of the tab that it was made from. So a tab holds a lock on
 * its name for as long as it lives, and one that can't have the lock makes a name of its own.
 */
export const tabIdSettled: Promise<string> = settle().then((id) => {
  tabId.set(id);
  return id;
});

async function settle(): Promise<string> {
  const kept = read();
  if (kept !== null && (await isOwn(kept))) return kept;
  const made = uuid();
  try {
    window.sessionStorage.setItem(KEY, made);
  } catch {
    // Storage is blocked: the name lives as long as the page.
  }
  await isOwn(made);
  return made;
}

function read(): string | null {
  try {
    return window.sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Take the name for as long as the page lives; false when another tab has it. */
function isOwn(id: string): Promise<boolean> {
  // Browsers have locks on secure origins only; without them every name counts as one's own.
  if (!("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks
      .request(`${KEY}.${id}`, { signal: AbortSignal.timeout(FORMER_PAGE_GONE_MS) }, () => {
        resolve(true);
        return new Promise<never>(() => undefined);
      })
      .catch((error: unknown) => resolve(!(error instanceof DOMException && error.name === "TimeoutError")));
  });
}
