/** The languages that the catalogue speaks. */
const SPOKEN = ["en"];

/**
 * The locale for texts, dates and numbers.
 *
 * The catalogue's language with the viewer's region: a viewer in Germany reads
 * English words with German conventions ("20 Nov 2025, 14:05"), never a mixture of languages.
 */
export function chooseLocale(wanted: readonly string[]): string {
  for (const tag of wanted) {
    if (SPOKEN.some((language) => tag === language || tag.startsWith(`${language}-`))) return tag;
  }
  for (const tag of wanted) {
    try {
      const region = new Intl.Locale(tag).maximize().region;
      if (region) return `en-${region}`;
    } catch {
      // An ill-formed tag of the browser tells us nothing; try the next.
    }
  }
  return "en-GB";
}

/** The locale of this page load. */
export const locale = chooseLocale(globalThis.navigator?.languages ?? []);
