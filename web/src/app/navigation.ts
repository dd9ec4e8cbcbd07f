import { holds, type Me } from "@/api";
import { NAVIGATION_GROUPS, type NavigationItem } from "@/ui";
import { features } from "./features";

/** A heading of the navigation with what is under it. */
export interface NavigationGroup {
  readonly group: (typeof NAVIGATION_GROUPS)[number];
  readonly items: readonly NavigationItem[];
}

/** The navigation for a person: what they may see, in order; headings with nothing under them are left out. */
export function navigationFor(me: Me, all: readonly NavigationItem[] = features.flatMap((feature) => feature.navigation ?? [])) {
  const groups: NavigationGroup[] = NAVIGATION_GROUPS.map((group) => ({
    group,
    items: all.filter((item) => item.group === group && holds(me, item.needs)).sort((a, b) => a.order - b.order),
  }));
  return groups.filter(({ items }) => items.length > 0);
}
