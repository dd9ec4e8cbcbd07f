/** A text with forms for the plural categories of the language; `{count}` chooses among them. */
export interface PluralText {
  readonly zero?: string;
  readonly one?: string;
  readonly two?: string;
  readonly few?: string;
  readonly many?: string;
  readonly other: string;
}

/** What one language says for a set of keys. */
export type Texts = Readonly<Record<string, string | PluralText>>;

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;

/** The parameters that a text needs, read from its `{placeholders}`. */
export type ParamsOf<V> = V extends string
  ? { readonly [name in Placeholders<V>]: string | number }
  : V extends PluralText
    ? { readonly [name in Placeholders<V["other"]> | "count"]: name extends "count" ? number : string | number }
    : never;
