import { describe, expect, test } from "vitest";
import { accent, darkPalette, light, type Palette } from "./tokens";

/** WCAG 2.2 relative luminance of `#rrggbb`. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}

const AA = 4.5;

describe.each([
  ["light", light],
  ["dark", darkPalette],
] as [string, Palette][])("in the %s scheme", (_name, palette) => {
  test.each(["live", "held", "ended", "warning"] as const)("%s is readable on its own ground and on every surface", (state) => {
    for (const ground of [palette[`${state}Soft`], palette.page, palette.surface, palette.hover]) {
      expect(contrast(palette[state], ground)).toBeGreaterThanOrEqual(AA);
    }
  });

  test("text, dimmed text and accent text are readable on every surface", () => {
    for (const text of [palette.text, palette.dimmed, palette.accentText]) {
      for (const ground of [palette.page, palette.surface, palette.raised, palette.hover, palette.accentSoft]) {
        expect(contrast(text, ground)).toBeGreaterThanOrEqual(AA);
      }
    }
  });

  test("no state colour is the accent or another state's", () => {
    const colours = [palette.live, palette.held, palette.ended, palette.warning, palette.accentText];
    expect(new Set(colours).size).toBe(colours.length);
  });
});

test("white is readable on the accent of filled buttons", () => {
  expect(contrast("#ffffff", accent[6])).toBeGreaterThanOrEqual(AA);
});
