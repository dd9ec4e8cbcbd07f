import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, type RefObject } from "react";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { screenTitle } from "@/ui/screen";

/** After a change of screen (not of its filters or pane): the focus goes to the new screen, and its title is said. */
export function useRouteFocus(main: RefObject<HTMLElement | null>): void {
  const pathname = useRouterState({ select: (state) => (state.resolvedLocation ?? state.location).pathname });
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.scrollTo?.(0, 0);
    main.current?.focus({ preventScroll: true });
    // The screen names itself in an effect of its own.
    const named = setTimeout(() => announce(t("shell.loaded", { title: screenTitle.get() })));
    return () => clearTimeout(named);
  }, [pathname, main]);
}
