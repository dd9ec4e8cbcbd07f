import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, type AnyRoute } from "@tanstack/react-router";
import type { FunctionComponent } from "react";
import { holds, useMe } from "@/api";
import type { Screen } from "@/ui";
import { features } from "./features";
import { NotFound, ScreenCrashed, ScreenSkeleton } from "./fallbacks";
import { parseSearch, stringifySearch } from "./search-params";
import { SessionGate } from "./SessionGate";
import { Start } from "./Start";
import { ScreenTitle } from "./ScreenTitle";
import { Shell } from "./shell/Shell";

type Loaded = FunctionComponent & { preload?: () => Promise<void> };

/** A screen as a route's component: a screen of the shell looks as if it did not exist to those who may not see it. */
function componentOf(screen: Screen): Loaded {
  const Component = lazyRouteComponent(screen.load) as Loaded;
  const Shown = () => (
    <>
      <ScreenTitle title={screen.title} />
      <Component />
    </>
  );
  const Guarded = () => (holds(useMe(), screen.needs) ? <Shown /> : <NotFound />);
  // The router fetches the code of a screen when the pointer comes near a link to it.
  return Object.assign(screen.frame === "bare" ? Shown : Guarded, { preload: Component.preload });
}

/** The router over the screens of all features. Addresses are plain strings from `lib/paths`; see ADR 0041. */
export function makeRouter() {
  const root = createRootRoute({ component: Outlet });
  const shell: AnyRoute = createRoute({
    getParentRoute: () => root,
    id: "shell",
    component: () => (
      <SessionGate>
        <Shell>
          <Outlet />
        </Shell>
      </SessionGate>
    ),
  });

  const screens: readonly Screen[] = features.flatMap((feature) => feature.screens ?? []);
  const inShell: AnyRoute[] = [];
  const bare: AnyRoute[] = [];
  for (const screen of screens) {
    const isBare = screen.frame === "bare";
    (isBare ? bare : inShell).push(
      createRoute({
        getParentRoute: () => (isBare ? root : shell),
        path: screen.path,
        component: componentOf(screen),
      }),
    );
  }
  if (!screens.some((screen) => screen.path === "/")) {
    inShell.push(createRoute({ getParentRoute: () => shell, path: "/", component: Start }));
  }
  inShell.push(createRoute({ getParentRoute: () => shell, path: "$", component: NotFound }));

  return createRouter({
    routeTree: root.addChildren([shell.addChildren(inShell), ...bare]),
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPendingComponent: ScreenSkeleton,
    defaultPendingMs: 150,
    defaultErrorComponent: ScreenCrashed,
    defaultNotFoundComponent: NotFound,
  });
}
