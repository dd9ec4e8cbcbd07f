import { useMantineColorScheme } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { IconDeviceDesktop, IconKeyboard, IconMoon, IconSun } from "@tabler/icons-react";
import { useMemo } from "react";
import { holds, useMe } from "@/api";
import { useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import type { PaletteItem } from "@/ui";
import { offeredActions } from "@/ui/palette-actions";
import { features } from "../features";
import { navigationFor } from "../navigation";

/** A heading of the palette with what was found under it. */
export interface PaletteGroup {
  readonly heading: string;
  readonly items: readonly PaletteItem[];
}

const providers = features.flatMap((feature) => feature.palette ?? []);
const SHORTEST_QUERY = 2;
const AT_REST = 6;

/** How well `label` answers `query`: 0 not at all, more is better. Every word must begin a word of the label. */
export function match(label: string, query: string): number {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return 1;
  const target = label.toLocaleLowerCase();
  const starts = target.split(/[\s·,()-]+/);
  if (!words.every((word) => starts.some((start) => start.startsWith(word)))) return 0;
  return target.startsWith(words[0]!) ? 2 : 1;
}

function best(items: readonly PaletteItem[], query: string): PaletteItem[] {
  return items
    .map((item) => ({ item, score: match(`${item.label} ${item.hint ?? ""}`, query) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
}

/** What the palette shows for `query`: actions, places, and what the features' providers find. */
export function usePaletteResults(query: string, onShortcuts: () => void) {
  const me = useMe();
  const offered = useStore(offeredActions);
  const { setColorScheme } = useMantineColorScheme();
  const allowed = providers.filter((provider) => holds(me, provider.needs));
  const typed = query.trim();

  const searches = useQueries({
    queries: allowed.map((provider) => ({
      queryKey: ["palette", provider.id, typed],
      queryFn: ({ signal }: { signal: AbortSignal }) => provider.search(typed, signal),
      enabled: typed.length >= SHORTEST_QUERY,
      staleTime: 20_000,
    })),
  });

  const places = useMemo<PaletteItem[]>(
    () =>
      navigationFor(me).flatMap(({ group, items }) =>
        items.map((item) => ({
          id: `go ${item.to}`,
          label: t(item.label),
          hint: t(`nav.group.${group}`),
          icon: item.icon,
          keys: item.keys,
          to: item.to,
        })),
      ),
    [me],
  );
  const own: PaletteItem[] = [
    { id: "theme light", label: `${t("me.theme")}: ${t("me.theme.light")}`, icon: IconSun, run: () => setColorScheme("light") },
    { id: "theme dark", label: `${t("me.theme")}: ${t("me.theme.dark")}`, icon: IconMoon, run: () => setColorScheme("dark") },
    { id: "theme auto", label: `${t("me.theme")}: ${t("me.theme.auto")}`, icon: IconDeviceDesktop, run: () => setColorScheme("auto") },
    { id: "shortcuts", label: t("me.shortcuts"), icon: IconKeyboard, keys: "?", run: onShortcuts },
  ];
  const actions = [...[...offered.values()].flat(), ...own];

  const groups: PaletteGroup[] = [
    { heading: t("palette.actions"), items: typed === "" ? actions.slice(0, AT_REST) : best(actions, typed) },
    ...allowed.map((provider, index) => ({ heading: t(provider.heading), items: searches[index]?.data ?? [] })),
    { heading: t("palette.go_to"), items: best(places, typed) },
  ];
  const failed = allowed.filter((_, index) => searches[index]?.isError).map((provider) => t(provider.heading));
  return {
    groups: groups.filter(({ items }) => items.length > 0),
    isSearching: searches.some((search) => search.isFetching),
    failed,
  };
}
