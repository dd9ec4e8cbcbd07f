import { ActionIcon, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconMenu2 } from "@tabler/icons-react";
import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { holds, useMe } from "@/api";
import { t } from "@/lib/texts";
import { features } from "../features";
import { ConnectionLine } from "./ConnectionLine";
import { FrameKeys } from "./FrameKeys";
import { Mark } from "./Mark";
import { Navigation } from "./Navigation";
import { OwnMenu } from "./OwnMenu";
import { Palette, PaletteButton } from "./Palette";
import { ShortcutList } from "./ShortcutList";
import { ThirdPane } from "./ThirdPane";
import { useRouteFocus } from "./use-route-focus";
import classes from "./Shell.module.css";

const byOrder = (a: { order: number }, b: { order: number }) => a.order - b.order;
const topBar = features.flatMap((feature) => feature.topBar ?? []).sort(byOrder);
const docks = features.flatMap((feature) => feature.docks ?? []).sort(byOrder);
const companions = features.flatMap((feature) => feature.companions ?? []);

/** The frame around every screen: navigation, top bar, third pane, docks. */
export function Shell({ children }: { children: ReactNode }) {
  const me = useMe();
  const main = useRef<HTMLElement>(null);
  const isNarrow = useMediaQuery("(max-width: 56em)", false, { getInitialValueInEffect: false });
  const [isNavigationOpen, setNavigationOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isListOpen, setListOpen] = useState(false);
  const pathname = useRouterState({ select: (state) => state.location.pathname });

  useRouteFocus(main);
  useEffect(() => setNavigationOpen(false), [pathname]);

  return (
    <div className={classes.shell}>
      <a
        className={classes.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t("shell.skip")}
      </a>

      {isNarrow ? (
        <Drawer
          opened={isNavigationOpen}
          onClose={() => setNavigationOpen(false)}
          size={272}
          title={<Mark withName />}
          closeButtonProps={{ "aria-label": t("shell.close_navigation") }}
        >
          <Navigation />
        </Drawer>
      ) : (
        <div className={classes.side}>
          <div className={classes.brand}>
            <Mark withName />
          </div>
          <Navigation />
        </div>
      )}

      <header className={classes.top}>
        {isNarrow && (
          <ActionIcon aria-label={t("shell.open_navigation")} aria-expanded={isNavigationOpen} onClick={() => setNavigationOpen(true)}>
            <IconMenu2 size={20} aria-hidden="true" />
          </ActionIcon>
        )}
        <PaletteButton onOpen={() => setPaletteOpen(true)} />
        <div className={classes.tools}>
          {topBar.map(({ id, needs, Component }) => holds(me, needs) && <Component key={id} />)}
          <OwnMenu onShortcuts={() => setListOpen(true)} />
        </div>
      </header>

      <ConnectionLine />

      <main id="main" ref={main} tabIndex={-1} className={classes.main}>
        {children}
      </main>

      <ThirdPane main={main} />

      <section className={classes.docks} aria-label={t("shell.docks")}>
        {docks.map(({ id, needs, Component }) => holds(me, needs) && <Component key={id} />)}
      </section>

      <Palette opened={isPaletteOpen} onClose={() => setPaletteOpen(false)} onShortcuts={() => setListOpen(true)} />
      <ShortcutList opened={isListOpen} onClose={() => setListOpen(false)} />
      <FrameKeys openPalette={() => setPaletteOpen(true)} openList={() => setListOpen(true)} />
      {companions.map((Companion, index) => (
        <Companion key={index} />
      ))}
    </div>
  );
}
