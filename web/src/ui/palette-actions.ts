import { useEffect, useId } from "react";
import { createStore } from "@/lib/store";
import type { PaletteItem } from "./feature";

/** Actions that components on screen offer to the palette, by the component that offers them. */
export const offeredActions = createStore<ReadonlyMap<string, readonly PaletteItem[]>>(new Map());

/**
 * Offer actions in the palette while the component is on screen: `usePaletteActions([{ id, label: "Stop coaching Ana", run }])`.
 *
 * Memoise the array.
 */
export function usePaletteActions(actions: readonly PaletteItem[]): void {
  const id = useId();
  useEffect(() => {
    offeredActions.set((now) => new Map(now).set(id, actions));
    return () =>
      offeredActions.set((now) => {
        const rest = new Map(now);
        rest.delete(id);
        return rest;
      });
  }, [id, actions]);
}
