import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

/** What the third pane shows. */
export interface PaneTarget {
  readonly kind: string;
  readonly id: string;
}

let opener: HTMLElement | null = null;

/** Put the focus back where it was when the pane was opened; false if that element is gone. */
export function returnFocusFromPane(): boolean {
  const target = opener;
  opener = null;
  if (!target?.isConnected) return false;
  target.focus();
  return true;
}

/** Read `interaction.123` (the search parameter `pane`). */
export function readPane(value: unknown): PaneTarget | null {
  if (typeof value !== "string") return null;
  const dot = value.indexOf(".");
  if (dot <= 0 || dot === value.length - 1) return null;
  return { kind: value.slice(0, dot), id: value.slice(dot + 1) };
}

/**
 * The third pane: its target stands in the address, so that a link or a reload opens it again.
 *
 * `const pane = usePane(); pane.open("interaction", row.id)`
 */
export function usePane(): { target: PaneTarget | null; open: (kind: string, id: string) => void; close: () => void } {
  const navigate = useNavigate();
  const value = (useSearch({ strict: false }) as Record<string, unknown>).pane;
  const open = useCallback(
    (kind: string, id: string) => {
      if (document.activeElement instanceof HTMLElement && document.activeElement !== document.body) {
        opener = document.activeElement;
      }
      void navigate({ to: ".", search: (now: Record<string, unknown>) => ({ ...now, pane: `${kind}.${id}` }), resetScroll: false });
    },
    [navigate],
  );
  const close = useCallback(() => {
    void navigate({
      to: ".",
      search: ({ pane: _closed, ...rest }: Record<string, unknown>) => rest,
      resetScroll: false,
    });
  }, [navigate]);
  return useMemo(() => ({ target: readPane(value), open, close }), [value, open, close]);
}
