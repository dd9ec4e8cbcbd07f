import { en } from "./en";
import { locale } from "../locale";
import type { ParamsOf, PluralText } from "./types";

type Catalogue = typeof en;

/** Every key of the catalogue. */
export type TextKey = keyof Catalogue;

/** The keys of texts without parameters, for tables of labels. */
export type PlainTextKey = { [K in TextKey]: keyof ParamsOf<Catalogue[K]> extends never ? K : never }[TextKey];

type Arguments<K extends TextKey> = keyof ParamsOf<Catalogue[K]> extends never ? [] : [params: ParamsOf<Catalogue[K]>];

const pluralRules = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);

/** Put `params` into the `{placeholders}` of `text`, choosing its plural form by `count`. */
export function fill(text: string | PluralText, params: Readonly<Record<string, string | number>> = {}): string {
  const form = typeof text === "string" ? text : (text[pluralRules.select(Number(params.count))] ?? text.other);
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

/**
 * The text for `key`, with its parameters filled in.
 *
 * A missing key or parameter is a compile error: `t("table.rows", { count: 3 })`.
 */
export function t<K extends TextKey>(key: K, ...[params]: Arguments<K>): string {
  return fill(en[key], params as Readonly<Record<string, string | number>> | undefined);
}

/** The text for a key known only at run time (a refusal code, an enum value), or undefined if there is none. */
export function tMaybe(key: string, params?: Readonly<Record<string, string | number>>): string | undefined {
  const text = (en as Readonly<Record<string, string | PluralText>>)[key];
  return text === undefined ? undefined : fill(text, params);
}
