import type { Icon } from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Permission } from "@/api";
import type { PlainTextKey } from "@/lib/texts";

/** Loads a component when it is first needed: `() => import("./InteractionsScreen")`, whose default export it is. */
export type Load<Props = object> = () => Promise<{ default: ComponentType<Props> }>;

/** One of these permissions (in any scope) is needed; absent: everybody signed in. */
export interface Needs {
  readonly needs?: Permission | readonly Permission[];
}

/** A page with an address. */
export interface Screen extends Needs {
  /** As TanStack Router writes it: `/performance/interactions/$interactionId`. Read parameters with `useParam`. */
  readonly path: string;
  /** What the window's title and the announcement say; the screen may say more with `useScreenTitle`. */
  readonly title: PlainTextKey;
  readonly load: Load;
  /** `bare`: outside the shell and without a sign-in, as the customer's page. */
  readonly frame?: "shell" | "bare";
}

/** The headings of the left navigation, in their order. */
export const NAVIGATION_GROUPS = ["work", "performance", "coaching", "quality", "organisation"] as const;

/** A line of the left navigation; also offered by the palette. */
export interface NavigationItem extends Needs {
  readonly group: (typeof NAVIGATION_GROUPS)[number];
  /** Position within the group; smaller first. */
  readonly order: number;
  readonly label: PlainTextKey;
  readonly to: string;
  readonly icon: Icon;
  /** Letters that go there: `"g i"`. */
  readonly keys?: string;
}

/** A kind of thing that the third pane can show. */
export interface PaneDefinition {
  readonly load: Load<{ id: string }>;
}

/** A strip at the bottom that lasts as long as what it stands for; renders null when nothing runs. */
export interface DockDefinition extends Needs {
  readonly id: string;
  /** Smaller stands higher. */
  readonly order: number;
  readonly Component: ComponentType;
}

/** A piece of the top bar: the phone, presence. */
export interface TopBarItem extends Needs {
  readonly id: string;
  /** Smaller stands further left. */
  readonly order: number;
  readonly Component: ComponentType;
}

/** Something that the palette found or offers. */
export interface PaletteItem {
  readonly id: string;
  readonly label: string;
  /** What tells it apart: the team, the customer's number. */
  readonly hint?: string;
  readonly icon?: Icon;
  readonly keys?: string;
  /** Where it leads, or what it does. */
  readonly to?: string;
  readonly run?: () => void;
}

/** Answers what is typed into the palette. */
export interface PaletteProvider extends Needs {
  readonly id: string;
  readonly heading: PlainTextKey;
  readonly search: (query: string, signal: AbortSignal) => Promise<readonly PaletteItem[]>;
}

/**
 * What a feature brings to the shell. Its `index.ts` exports one; `app/features.ts` lists them.
 *
 * Keep the index light (it is loaded at start): screens and panes by `load`, docks and companions as small components.
 */
export interface Feature {
  readonly name: string;
  readonly screens?: readonly Screen[];
  readonly navigation?: readonly NavigationItem[];
  /** By kind, as the address names it: `interaction` is opened by `pane.open("interaction", id)`. */
  readonly panes?: Readonly<Record<string, PaneDefinition>>;
  readonly docks?: readonly DockDefinition[];
  readonly topBar?: readonly TopBarItem[];
  readonly palette?: readonly PaletteProvider[];
  /** Components that show nothing and are mounted while somebody is signed in: the phone's connection. */
  readonly companions?: readonly ComponentType[];
}

/** Checks the shape and keeps the literal types. */
export function defineFeature<const F extends Feature>(feature: F): F {
  return feature;
}
