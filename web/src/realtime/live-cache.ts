import type { Query, QueryClient } from "@tanstack/react-query";
import { askAgain, keyIsAbout, type ReadPath } from "@/api";

const COALESCE_MS = 250;
const SETTLE_MS = 1500;

/**
 * What a feature's `applyEvent` changes: the answers that the page holds.
 *
 * Invalidate by default. Patch only where events come thick (the live board, chat), and so that applying an event twice
 * gives the same as once: after a reconnect some arrive again.
 */
export class LiveCache {
  private readonly paths = new Set<ReadPath>();
  private readonly single = new Map<string, { path: ReadPath; values: Readonly<Record<string, unknown>> }>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly settling = new Set<ReadPath>();
  private settleTimer: ReturnType<typeof setTimeout> | undefined;

  /** Patches made while an answer was under way, to be made on it too. */
  private readonly onAnswer = new Map<Query, (() => void)[]>();
  private readonly exact = new Set<readonly unknown[]>();

  constructor(readonly queryClient: QueryClient) {}

  /** Every question about these paths is out of date. Calls within a quarter of a second are one. */
  invalidate(...paths: readonly ReadPath[]): void {
    for (const path of paths) this.paths.add(path);
    this.soon();
  }

  /**
   * For answers that were patched: ask them again, but not more often than every one and a half seconds.
   *
   * An event has what happened, not what this person may do now; a busy board must not ask for that at each event.
   */
  settle(...paths: readonly ReadPath[]): void {
    for (const path of paths) this.settling.add(path);
    this.settleTimer ??= setTimeout(() => {
      this.settleTimer = undefined;
      this.invalidate(...this.settling);
      this.settling.clear();
    }, SETTLE_MS);
  }

  /** Only the questions about one thing: `invalidateOne("/api/users/{user_id}", { user_id })`. */
  invalidateOne(path: ReadPath, values: Readonly<Record<string, unknown>>): void {
    this.single.set(`${path} ${JSON.stringify(values)}`, { path, values });
    this.soon();
  }

  /**
   * Change answers in place: `change` gets each held answer about `path` (all, or those with these path parameters).
   *
   * Return the same object for "nothing to change". An answer that is on its way may be older than the patch: the patch
   * is made on it too when it comes, and then the question is asked again.
   */
  patch<Held>(
    path: ReadPath,
    change: (held: Held, params: Readonly<Record<string, unknown>>) => Held,
    values: Readonly<Record<string, unknown>> = {},
  ): void {
    for (const query of this.queryClient.getQueryCache().findAll({ predicate: (one) => keyIsAbout(one.queryKey, path, values) })) {
      const params = (query.queryKey[1] ?? {}) as Readonly<Record<string, unknown>>;
      const apply = () => {
        const held = query.state.data as Held | undefined;
        if (held === undefined) return;
        const changed = change(held, params);
        if (changed !== held) this.queryClient.setQueryData(query.queryKey, changed);
      };
      apply();
      if (query.state.fetchStatus === "fetching") this.repeatOnAnswer(query, apply);
    }
  }

  private repeatOnAnswer(query: Query, apply: () => void): void {
    const waiting = this.onAnswer.get(query);
    if (waiting) {
      waiting.push(apply);
      return;
    }
    const patches = [apply];
    this.onAnswer.set(query, patches);
    const answered = () => {
      this.onAnswer.delete(query);
      for (const each of patches) each();
      this.exact.add(query.queryKey);
      this.soon();
    };
    void query.promise?.then(answered, answered);
  }

  /** Everything is out of date: events were missed. */
  invalidateAll(): void {
    this.clear();
    void askAgain(this.queryClient, () => true);
  }

  /** Forget what was going to be asked; for sign-out. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    clearTimeout(this.settleTimer);
    this.settleTimer = undefined;
    this.paths.clear();
    this.single.clear();
    this.settling.clear();
    this.exact.clear();
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const paths: ReadonlySet<unknown> = new Set(this.paths);
      const single = [...this.single.values()];
      this.paths.clear();
      const exact: ReadonlySet<unknown> = new Set(this.exact);
      this.single.clear();
      this.exact.clear();
      void askAgain(
        this.queryClient,
        (queryKey) => exact.has(queryKey) || paths.has(queryKey[0]) || single.some(({ path, values }) => keyIsAbout(queryKey, path, values)),
      );
    }, COALESCE_MS);
  }
}
