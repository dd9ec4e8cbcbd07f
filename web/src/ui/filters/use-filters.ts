import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

/** One choice of a filter. */
export interface FilterOption {
  readonly value: string;
  readonly label: string;
}

/** A filter of a list; its `id` is the name of its search parameter in the address. */
export type Filter =
  | { readonly id: string; readonly kind: "text"; readonly label: string; readonly placeholder?: string }
  /** One of many, in a searchable list. */
  | { readonly id: string; readonly kind: "choice"; readonly label: string; readonly options: readonly FilterOption[] }
  /** Several of many; joined with commas in the address. */
  | { readonly id: string; readonly kind: "choices"; readonly label: string; readonly options: readonly FilterOption[] }
  /** One of few, always in view; `""` stands for no filter. */
  | { readonly id: string; readonly kind: "switch"; readonly label: string; readonly options: readonly FilterOption[] }
  | { readonly id: string; readonly kind: "date"; readonly label: string };

/** The filters and what they are set to. */
export interface Filters {
  readonly filters: readonly Filter[];
  /** By filter id; a filter that is not set is absent. Hand it to `apiQuery` as query parameters. */
  readonly values: Readonly<Record<string, string>>;
  readonly set: (id: string, value: string | null) => void;
  readonly clear: () => void;
}

/** Filters whose values stand in the address, so that a link or a reload shows the same list. Memoise `filters`. */
export function useFilters(filters: readonly Filter[]): Filters {
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const present = filters
    .map(({ id }) => [id, search[id]] as const)
    .filter((pair): pair is readonly [string, string] => typeof pair[1] === "string" && pair[1] !== "");
  const fingerprint = JSON.stringify(present);
  const values = useMemo(() => Object.fromEntries(JSON.parse(fingerprint) as [string, string][]), [fingerprint]);

  const change = useCallback(
    (edit: (now: Record<string, unknown>) => Record<string, unknown>) =>
      void navigate({ to: ".", search: edit, replace: true, resetScroll: false }),
    [navigate],
  );
  const set = useCallback(
    (id: string, value: string | null) =>
      change(({ [id]: _old, ...rest }) => (value === null || value === "" ? rest : { ...rest, [id]: value })),
    [change],
  );
  const clear = useCallback(
    () => change((now) => Object.fromEntries(Object.entries(now).filter(([id]) => !filters.some((one) => one.id === id)))),
    [change, filters],
  );
  return useMemo(() => ({ filters, values, set, clear }), [filters, values, set, clear]);
}
