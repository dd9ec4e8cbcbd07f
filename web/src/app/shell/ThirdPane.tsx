import { Skeleton } from "@mantine/core";
import { Suspense, lazy, useEffect, useRef, type ComponentType, type RefObject } from "react";
import { useShortcut } from "@/lib/shortcuts";
import { t } from "@/lib/texts";
import { Pane, usePane } from "@/ui";
import { returnFocusFromPane } from "@/ui/pane";
import { features } from "../features";
import classes from "./ThirdPane.module.css";

const kinds = new Map<string, ComponentType<{ id: string }>>(
  features.flatMap((feature) => Object.entries(feature.panes ?? {}).map(([kind, { load }]) => [kind, lazy(load)] as const)),
);

/** Something else is open in front of the pane, and Escape belongs to it. */
function isCovered(): boolean {
  const others = document.querySelectorAll('[aria-modal="true"], [role="menu"], [role="listbox"]');
  // Closed lists stay in the document, without a box.
  return [...others].some((one) => one.getClientRects().length > 0);
}

/** The right third of the window: details of what was chosen, as the address says. */
export function ThirdPane({ main }: { main: RefObject<HTMLElement | null> }) {
  const { target, close } = usePane();
  const pane = useRef<HTMLElement>(null);
  const Contents = target === null ? undefined : kinds.get(target.kind);
  const key = Contents && target ? `${target.kind}.${target.id}` : null;
  const shownBefore = useRef<string | null>(key);

  useEffect(() => {
    if (key === shownBefore.current) return;
    const wasOpen = shownBefore.current !== null;
    shownBefore.current = key;
    if (key !== null) pane.current?.focus();
    else if (wasOpen && !returnFocusFromPane()) main.current?.focus();
  }, [key, main]);

  useShortcut(
    "Escape",
    () => {
      if (!isCovered()) close();
    },
    { label: t("shortcuts.close_pane"), group: t("shortcuts.group.everywhere"), when: key !== null },
  );

  if (!Contents || !target) return null;
  return (
    <aside ref={pane} className={classes.pane} data-pane tabIndex={-1} aria-label={t("shell.pane")}>
      <Suspense
        fallback={
          <Pane title={<Skeleton height={18} width={160} my={4} />}>
            <Skeleton height={96} />
            <Skeleton height={180} />
          </Pane>
        }
      >
        <Contents key={key} id={target.id} />
      </Suspense>
    </aside>
  );
}
