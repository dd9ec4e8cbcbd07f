import { Button, Loader } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useMemo, useRef, type KeyboardEvent } from "react";
import { mayTakeLetter, useListedShortcuts, useShortcut, type Shortcut } from "@/lib/shortcuts";
import { t } from "@/lib/texts";
import { ProblemAlert } from "../ProblemAlert";
import { Cards } from "./Cards";
import { ACTIONS_WIDTH, fitColumns } from "./fit-columns";
import { RowButtons, RowMenu, usePressRow } from "./row-actions";
import type { Column, DataTableProps, Paging, RowAction, Sort } from "./types";
import { useRowFocus } from "./use-row-focus";
import classes from "./DataTable.module.css";

const ROW_HEIGHT = 41;
const VIRTUAL_FROM = 80;
const CARDS_BELOW = 560;
/** Where a row is narrower, buttons with words would cover what it says first. */
const COMPACT_BELOW = 760;
const SKELETON_ROWS = 8;
const KEYS_FROM = 50;

const NO_ROWS: readonly never[] = [];

interface RowProps<Row> {
  row: Row;
  id: string;
  name: string;
  position: number;
  columns: readonly Column<Row>[];
  actions: ((row: Row) => readonly RowAction[]) | undefined;
  onOpen: ((row: Row) => void) | undefined;
  isCurrent: boolean;
  isOpen: boolean;
  isCompact: boolean;
  onSelect: (id: string) => void;
  onMove: (id: string, key: string) => boolean;
}

function RowView<Row>({ row, id, name, position, columns, actions, onOpen, isCurrent, isOpen, isCompact, onSelect, onMove }: RowProps<Row>) {
  const { running, press } = usePressRow();
  const offered = actions?.(row).filter((action) => action.ability !== undefined) ?? NO_ROWS;

  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (onMove(id, event.key)) {
      event.preventDefault();
      return;
    }
    // Enter on a button inside the row is the button's.
    if (event.target !== event.currentTarget) {
      if (event.key === "Escape") event.currentTarget.focus();
      else if (event.key.length !== 1 || event.key === " ") return;
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onOpen?.(row);
      return;
    }
    // The second letter of "g m" goes somewhere; it must not monitor a call.
    if (!mayTakeLetter()) return;
    const wanted = offered.find((action) => action.keys === event.key.toLowerCase());
    if (!wanted) return;
    event.preventDefault();
    event.stopPropagation();
    press(wanted);
  };

  return (
    <tr
      className={classes.row}
      data-row-id={id}
      data-open={isOpen || undefined}
      data-busy={running !== null || undefined}
      data-clickable={onOpen !== undefined || undefined}
      tabIndex={isCurrent ? 0 : -1}
      aria-rowindex={position + 2}
      aria-selected={isOpen}
      onFocus={() => onSelect(id)}
      onClick={() => onOpen?.(row)}
      onKeyDown={onKeyDown}
    >
      {columns.map((column) => (
        <td key={column.id} className={classes.cell} data-align={column.align}>
          {column.cell(row)}
        </td>
      ))}
      {actions && (
        <td className={classes.actionsCell}>
          {offered.length > 0 && (
            <>
              <RowButtons actions={offered} rowName={name} running={running} press={press} isCurrent={isCurrent} isCompact={isCompact} />
              <span className={classes.menu}>
                <RowMenu actions={offered} rowName={name} running={running} press={press} tabIndex={-1} />
              </span>
            </>
          )}
        </td>
      )}
    </tr>
  );
}

// A live board renders often; only rows that changed render with it.
const MemoRow = memo(RowView) as typeof RowView;

function HeaderCell<Row>({ column, sort, onSort }: { column: Column<Row>; sort?: Sort; onSort?: (sort: Sort) => void }) {
  const isSorted = sort?.by === column.id;
  const next = isSorted && sort.direction === "ascending" ? "descending" : "ascending";
  return (
    <th scope="col" className={classes.head} data-align={column.align} aria-sort={isSorted ? sort.direction : undefined}>
      {column.isSortable && onSort ? (
        <button
          type="button"
          className={classes.sort}
          title={t(`table.sort_${next}`, { column: column.header })}
          onClick={() => onSort({ by: column.id, direction: next })}
        >
          {column.header}
          {isSorted && (sort.direction === "ascending" ? <IconChevronUp size={13} /> : <IconChevronDown size={13} />)}
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}

function Skeleton({ columns, hasActions }: { columns: readonly { id: string; align?: string }[]; hasActions: boolean }) {
  return Array.from({ length: SKELETON_ROWS }, (_, row) => (
    <tr key={row} className={classes.row} aria-hidden="true">
      {columns.map((column, index) => (
        <td key={column.id} className={classes.cell} data-align={column.align}>
          <span className={classes.bone} style={{ width: `${45 + ((row * 7 + index * 13) % 40)}%` }} />
        </td>
      ))}
      {hasActions && <td className={classes.actionsCell} />}
    </tr>
  ));
}

/** The way to the next rows. */
export function Pager({ paging }: { paging: Paging }) {
  if (paging.kind === "more") {
    if (!paging.hasMore) return null;
    return (
      <div className={classes.pager}>
        <Button
          variant="default"
          aria-busy={paging.isLoading || undefined}
          leftSection={paging.isLoading ? <Loader size={14} color="currentColor" /> : undefined}
          onClick={() => {
            if (!paging.isLoading) void paging.onMore();
          }}
        >
          {t(paging.isLoading ? "table.loading_more" : "table.load_more")}
        </Button>
      </div>
    );
  }
  if (paging.page === 1 && !paging.hasNext) return null;
  return (
    <nav className={classes.pager} aria-label={t("pager.label")}>
      <Button variant="default" disabled={paging.page === 1} onClick={() => void paging.onPrevious()}>
        {t("table.previous")}
      </Button>
      <span aria-live="polite">{t("table.page", { page: paging.page })}</span>
      <Button variant="default" disabled={!paging.hasNext} onClick={() => void paging.onNext()}>
        {t("table.next")}
      </Button>
    </nav>
  );
}

/** The keys of the rows' actions, for the `?` list; rows of a list offer much the same. */
function keysOf<Row>(rows: readonly Row[], actions: ((row: Row) => readonly RowAction[]) | undefined): Shortcut[] {
  if (!actions) return [];
  const found = new Map<string, Shortcut>();
  for (const row of rows.slice(0, KEYS_FROM)) {
    for (const { keys, label, ability } of actions(row)) {
      if (keys !== undefined && ability !== undefined) found.set(keys, { keys, label, group: t("shortcuts.group.table") });
    }
  }
  return [...found.values()];
}

/**
 * A table for lists of any length: sticky header, arrows between rows, Enter opens, keys act on the selected row;
 * its own skeleton, empty and failed states; cards on a narrow screen.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, rows, rowId, rowName, problem, onRetry, empty, onOpen, openId, actions, sort, onSort, paging } = props;
  const isFill = props.height === "fill";
  const shown = rows ?? NO_ROWS;
  const ids = useMemo(() => shown.map(rowId), [shown, rowId]);
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const outer = useMergedRef(scroller, sizeRef);
  const hasActions = actions !== undefined;
  const columns = useMemo(() => fitColumns(props.columns, width, hasActions), [props.columns, width, hasActions]);
  // Until it is measured the window tells, so that a phone never draws the table first.
  const isCards = (width || window.innerWidth) < CARDS_BELOW;
  const isVirtual = isFill && !isCards && shown.length > VIRTUAL_FROM;

  const virtual = useVirtualizer({
    count: isVirtual ? shown.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => ids[index] ?? index,
  });
  const items = virtual.getVirtualItems();

  const reveal = useCallback(
    (index: number) => {
      if (isVirtual) virtual.scrollToIndex(index, { align: "auto" });
      const id = ids[index];
      if (id !== undefined) {
        scroller.current?.querySelector(`[data-row-id="${CSS.escape(id)}"]`)?.scrollIntoView?.({ block: "nearest" });
      }
    },
    [isVirtual, virtual, ids],
  );
  const focus = useRowFocus(ids, scroller, reveal);

  const latest = useRef({ ids, moveTo: focus.moveTo });
  latest.current = { ids, moveTo: focus.moveTo };
  const onMove = useCallback((id: string, key: string) => {
    const { ids: now, moveTo } = latest.current;
    const at = now.indexOf(id);
    const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: now.length - 1, PageDown: at + 10, PageUp: at - 10 }[key];
    if (target === undefined) return false;
    moveTo(target);
    return true;
  }, []);

  useShortcut("ArrowDown", null, { label: t("table.keys.move"), group: t("shortcuts.group.table") });
  useShortcut("Enter", null, { label: t("table.keys.open"), group: t("shortcuts.group.table"), when: onOpen !== undefined });

  useListedShortcuts(keysOf(shown, actions));

  const body = (indexes: readonly number[]) =>
    indexes.map((index) => {
      const row = shown[index];
      const id = ids[index];
      if (row === undefined || id === undefined) return null;
      return (
        <MemoRow
          key={id}
          row={row}
          id={id}
          name={rowName(row)}
          position={index}
          columns={columns}
          actions={actions}
          onOpen={onOpen}
          isCurrent={focus.tabId === id}
          isOpen={openId === id}
          isCompact={width > 0 && width < COMPACT_BELOW}
          onSelect={focus.select}
          onMove={onMove}
        />
      );
    });

  const isLoading = rows === undefined && !problem;
  const isEmpty = rows !== undefined && rows.length === 0;
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0);

  return (
    <div className={classes.root} data-fill={isFill || undefined}>
      {Boolean(problem) && <ProblemAlert problem={problem} onRetry={onRetry} />}
      {(rows !== undefined || isLoading) && (
        <div
          ref={outer}
          className={classes.scroller}
          onFocus={focus.onFocus}
          onBlur={focus.onBlur}
          // A scrolling region has to be reachable by keyboard even when no row is in it.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={isFill && isEmpty ? 0 : undefined}
        >
          {isCards ? (
            <Cards {...props} isLoading={isLoading} />
          ) : (
            <table
              role="grid"
              className={classes.table}
              aria-label={isLoading ? t("table.loading", { label }) : label}
              aria-busy={isLoading}
              aria-rowcount={paging?.kind === "more" && paging.hasMore ? -1 : shown.length + 1}
            >
              <colgroup>
                {columns.map((column) => (
                  <col key={column.id} style={column.width === undefined ? undefined : { width: column.width }} />
                ))}
                {actions && <col style={{ width: ACTIONS_WIDTH }} />}
              </colgroup>
              <thead>
                <tr aria-rowindex={1}>
                  {columns.map((column) => (
                    <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
                  ))}
                  {actions && (
                    <th scope="col" className={classes.head}>
                      <span className={classes.unseen}>{t("table.actions")}</span>
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {isLoading && <Skeleton columns={columns} hasActions={hasActions} />}
                {isVirtual ? (
                  <>
                    {before > 0 && <tr aria-hidden="true" style={{ height: before }} />}
                    {body(items.map((item) => item.index))}
                    {after > 0 && <tr aria-hidden="true" style={{ height: after }} />}
                  </>
                ) : (
                  body(shown.map((_, index) => index))
                )}
              </tbody>
            </table>
          )}
          {isEmpty && empty}
          {paging && !isEmpty && rows !== undefined && <Pager paging={paging} />}
        </div>
      )}
    </div>
  );
}
