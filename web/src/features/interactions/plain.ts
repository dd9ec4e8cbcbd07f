/** A word of the API that the catalogue does not know yet, readable: `consult_started` → "Consult started". */
export function formatPlain(word: string): string {
  const spaced = word.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
