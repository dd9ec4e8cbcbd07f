import type { CSSVariablesResolver, MantineColorsTuple } from "@mantine/core";

/** The accent: one colour for what can be acted on or is chosen. */
export const accent: MantineColorsTuple = [
  "#f1f2fd",
  "#e2e4fa",
  "#c3c7f4",
  "#a1a7ee",
  "#8289e7",
  "#6a71e0",
  "#5058cf",
  "#4349b6",
  "#373c98",
  "#2a2e75",
];

/** Cool neutrals for the light scheme. */
export const gray: MantineColorsTuple = [
  "#f7f8fa",
  "#f0f2f5",
  "#e4e7ec",
  "#d5dae1",
  "#b8c0cb",
  "#8c96a5",
  "#667080",
  "#4a5362",
  "#333b48",
  "#1b212b",
];

/** Cool neutrals for the dark scheme, text first. */
export const dark: MantineColorsTuple = [
  "#d9dce4",
  "#b7bcc9",
  "#9299a9",
  "#6b7282",
  "#3c414d",
  "#2e323c",
  "#23262e",
  "#191b21",
  "#131519",
  "#0d0e12",
];

/** What a colour of the interface means. State colours mean a state and are used for nothing else. */
export interface Palette {
  readonly page: string;
  readonly surface: string;
  readonly raised: string;
  readonly hover: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text: string;
  readonly dimmed: string;
  readonly accentText: string;
  readonly accentSoft: string;
  readonly live: string;
  readonly liveSoft: string;
  readonly held: string;
  readonly heldSoft: string;
  readonly ended: string;
  readonly endedSoft: string;
  readonly warning: string;
  readonly warningSoft: string;
}

export const light: Palette = {
  page: "#ffffff",
  surface: gray[0],
  raised: "#ffffff",
  hover: gray[1],
  line: gray[2],
  lineStrong: gray[3],
  text: gray[9],
  dimmed: "#596272",
  accentText: accent[7],
  accentSoft: accent[0],
  live: "#0b6e45",
  liveSoft: "#e2f4ea",
  held: "#835300",
  heldSoft: "#fbf0d8",
  ended: "#545d6b",
  endedSoft: "#edf0f3",
  warning: "#b3301b",
  warningSoft: "#fdebe7",
};

export const darkPalette: Palette = {
  page: dark[7],
  surface: dark[8],
  raised: dark[6],
  hover: dark[6],
  line: "#2a2d36",
  lineStrong: dark[4],
  text: dark[0],
  dimmed: "#9ba2b1",
  accentText: "#a5abf3",
  accentSoft: "#262a4d",
  live: "#5cd19a",
  liveSoft: "#153527",
  held: "#e6b85c",
  heldSoft: "#3a2e14",
  ended: "#a6adba",
  endedSoft: "#292d36",
  warning: "#ff9580",
  warningSoft: "#43201a",
};

function variables(palette: Palette): Record<string, string> {
  return {
    "--sl-page": palette.page,
    "--sl-surface": palette.surface,
    "--sl-raised": palette.raised,
    "--sl-hover": palette.hover,
    "--sl-line": palette.line,
    "--sl-line-strong": palette.lineStrong,
    "--sl-text": palette.text,
    "--sl-dimmed": palette.dimmed,
    "--sl-accent": palette.accentText,
    "--sl-accent-soft": palette.accentSoft,
    "--sl-live": palette.live,
    "--sl-live-soft": palette.liveSoft,
    "--sl-held": palette.held,
    "--sl-held-soft": palette.heldSoft,
    "--sl-ended": palette.ended,
    "--sl-ended-soft": palette.endedSoft,
    "--sl-warning": palette.warning,
    "--sl-warning-soft": palette.warningSoft,
    "--mantine-color-body": palette.page,
    "--mantine-color-text": palette.text,
    "--mantine-color-dimmed": palette.dimmed,
    "--mantine-color-anchor": palette.accentText,
    "--mantine-color-error": palette.warning,
    "--mantine-color-default-border": palette.lineStrong,
  };
}

/** Gives Mantine, and every CSS module, the meanings above as variables. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {
    "--sl-radius": "8px",
    "--sl-ease": "cubic-bezier(0.2, 0, 0, 1)",
  },
  light: { ...variables(light), "--sl-shadow": "0 8px 28px rgb(20 28 45 / 14%), 0 1px 3px rgb(20 28 45 / 10%)" },
  dark: { ...variables(darkPalette), "--sl-shadow": "0 10px 32px rgb(0 0 0 / 55%), 0 0 0 1px rgb(255 255 255 / 5%)" },
});
