import { useRouter } from "@tanstack/react-router";
import { useEffect, type RefObject } from "react";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { screenTitle } from "@/ui/screen";

/** After a change of screen (not of its filters or pane): the focus goes to the new screen, and its title is said. */
export function useRouteFocus(main: RefObject<HTMLElement | null>): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, toLocation }) => {
        if (fromLocation === undefined || fromLocation.pathname === toLocation.pathname) return;
        main.current?.scrollTo(0, 0);
        main.current?.focus({ preventScroll: true });
        // One turn later: the screen names itself in an effect of its own.
        setTimeout(() => announce(t("shell.loaded", { title: screenTitle.get() })));
      }),
    [router, main],
  );
}
