import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from "react";

/**
 * One row at a time can be tabbed to; arrows move it. Known by id, so that it stays the same row while others come and go,
 * and when it goes itself the focus moves to the row that took its place: it is never lost.
 */
export function useRowFocus(ids: readonly string[], root: RefObject<HTMLElement | null>, reveal: (index: number) => void) {
  const [current, setCurrent] = useState<{ id: string; index: number } | null>(null);
  const wantsFocus = useRef(false);
  const hadFocus = useRef(false);

  const index = current === null ? -1 : ids.indexOf(current.id);
  if (current !== null && index !== current.index) {
    // It moved; or it is gone, and the row in its place is next.
    const at = index >= 0 ? index : Math.min(current.index, ids.length - 1);
    const id = ids[at];
    setCurrent(id === undefined ? null : { id, index: at });
  }
  const currentId = current?.id ?? null;
  const latestIds = useRef(ids);
  useLayoutEffect(() => {
    latestIds.current = ids;
  });
  const select = useCallback((id: string) => {
    setCurrent((now) => (now?.id === id ? now : { id, index: latestIds.current.indexOf(id) }));
  }, []);

  const focusRow = useCallback(
    (id: string) => {
      const row = root.current?.querySelector<HTMLElement>(`[data-row-id="${CSS.escape(id)}"]`);
      row?.focus({ preventScroll: true });
      return row !== null && row !== undefined;
    },
    [root],
  );

  // After every rendering: put the focus where it was asked to be, or back where it was torn away.
  useLayoutEffect(() => {
    if (currentId === null) return;
    const isTornAway = hadFocus.current && document.activeElement === document.body;
    if ((wantsFocus.current || isTornAway) && focusRow(currentId)) wantsFocus.current = false;
  });

  const moveTo = useCallback(
    (target: number) => {
      const clamped = Math.max(0, Math.min(ids.length - 1, target));
      const id = ids[clamped];
      if (id === undefined) return;
      reveal(clamped);
      if (focusRow(id)) select(id);
      else {
        // It is not drawn yet: the rendering after the scroll focuses it.
        wantsFocus.current = true;
        select(id);
      }
    },
    [ids, reveal, focusRow, select],
  );

  return {
    /** The row in the tab order; the first one until a row was chosen. */
    tabId: currentId ?? ids[0] ?? null,
    index,
    moveTo,
    select,
    onFocus: useCallback(() => {
      hadFocus.current = true;
    }, []),
    onBlur: useCallback(() => {
      hadFocus.current = false;
    }, []),
  };
}
