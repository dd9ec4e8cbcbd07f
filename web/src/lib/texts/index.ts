export { fill, t, tMaybe, type PlainTextKey, type TextKey } from "./translate";
export type { PluralText, Texts } from "./types";
