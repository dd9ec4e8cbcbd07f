import { Button, CloseButton, MultiSelect, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { t } from "@/lib/texts";
import type { Filter, Filters } from "./use-filters";
import classes from "./FilterBar.module.css";

const SETTLED_MS = 250;

function TextFilter({ filter, value, onChange }: { filter: Filter & { kind: "text" }; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [lastValue, setLastValue] = useState(value);
  // The address changed under us (back, "Clear filters"): show what it says.
  if (value !== lastValue) {
    setLastValue(value);
    setTyped(value);
  }
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (next: string) => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setLastValue(next);
      onChange(next);
    }, SETTLED_MS);
  };
  return (
    <TextInput
      className={classes.text}
      type="search"
      aria-label={filter.label}
      placeholder={filter.placeholder ?? filter.label}
      leftSection={<IconSearch size={15} aria-hidden="true" />}
      rightSection={typed === "" ? undefined : <CloseButton size="sm" aria-label={t("action.clear")} onClick={() => change("")} />}
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function Control({ filter, filters }: { filter: Filter; filters: Filters }) {
  const value = filters.values[filter.id] ?? "";
  const set = (next: string | null) => filters.set(filter.id, next);
  switch (filter.kind) {
    case "text":
      return <TextFilter filter={filter} value={value} onChange={set} />;
    case "choice":
      return (
        <Select
          className={classes.choice}
          aria-label={filter.label}
          placeholder={filter.label}
          data={[...filter.options]}
          value={value === "" ? null : value}
          onChange={set}
          searchable={filter.options.length > 8}
          clearable
          clearButtonProps={{ "aria-label": t("action.clear") }}
        />
      );
    case "choices":
      return (
        <MultiSelect
          className={classes.choice}
          aria-label={filter.label}
          placeholder={value === "" ? filter.label : undefined}
          data={[...filter.options]}
          value={value === "" ? [] : value.split(",")}
          onChange={(next) => set(next.join(","))}
          searchable={filter.options.length > 8}
          clearable
        />
      );
    case "switch":
      return <SegmentedControl aria-label={filter.label} data={[...filter.options]} value={value} onChange={set} />;
    case "date":
      return (
        <TextInput
          className={classes.date}
          type="date"
          aria-label={filter.label}
          // An empty date says nothing of what it is for.
          leftSection={<span aria-hidden="true">{filter.label}</span>}
          leftSectionWidth={`${filter.label.length + 2}ch`}
          value={value}
          onChange={(event) => set(event.currentTarget.value)}
        />
      );
    default:
      return filter satisfies never;
  }
}

/** The filters of a list in a row; on a phone behind one button, except the text and the switch. */
export function FilterBar({ filters }: { filters: Filters }) {
  const isNarrow = useMediaQuery("(max-width: 40em)", false, { getInitialValueInEffect: false });
  const [isOpen, setOpen] = useState(false);
  const isAlways = (filter: Filter) => filter.kind === "text" || filter.kind === "switch";
  const folded = isNarrow ? filters.filters.filter((filter) => !isAlways(filter)) : ([] as Filter[]);
  const shown = filters.filters.filter((filter) => !folded.includes(filter) || isOpen);
  const active = Object.keys(filters.values).length;
  const activeFolded = folded.filter((filter) => filters.values[filter.id] !== undefined).length;
  return (
    <div role="search" aria-label={t("filters.label")} className={classes.bar}>
      {shown.map((filter) => (
        <Control key={filter.id} filter={filter} filters={filters} />
      ))}
      {folded.length > 0 && (
        <Button
          variant="default"
          aria-expanded={isOpen}
          leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden="true" />}
          onClick={() => setOpen((now) => !now)}
        >
          {activeFolded > 0 ? t("filters.active", { count: activeFolded }) : t("filters.show")}
        </Button>
      )}
      {active > 0 && (
        <Button variant="subtle" color="gray" onClick={filters.clear}>
          {t("filters.clear")}
        </Button>
      )}
    </div>
  );
}
