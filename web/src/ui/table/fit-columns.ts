import type { Column } from "./types";

/** What a column without a width needs to say something. */
const LEAST = 170;

/** Room for the menu of a row. */
export const ACTIONS_WIDTH = 48;

function widthOf<Row>(column: Column<Row>): number {
  return column.width ?? LEAST;
}

/**
 * The columns that fit into `available` pixels (0: not measured yet, all of them).
 *
 * Those that a card leaves out go first, then those that a card shows as lines, the rightmost first; the title and what
 * stands beside it stay.
 */
export function fitColumns<Row>(columns: readonly Column<Row>[], available: number, hasActions: boolean): readonly Column<Row>[] {
  if (available <= 0) return columns;
  const leaving = [
    ...columns.filter((column) => column.narrow === "hidden").reverse(),
    ...columns.filter((column) => (column.narrow ?? "line") === "line").reverse(),
  ];
  let needed = columns.reduce((sum, column) => sum + widthOf(column), hasActions ? ACTIONS_WIDTH : 0);
  const gone = new Set<Column<Row>>();
  for (const column of leaving) {
    if (needed <= available) break;
    gone.add(column);
    needed -= widthOf(column);
  }
  return gone.size === 0 ? columns : columns.filter((column) => !gone.has(column));
}
