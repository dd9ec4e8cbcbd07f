import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Ability } from "@/api";

/** A column of a table, and what becomes of it on a narrow screen, where each row is a card. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Pixels; columns without a width share what is left. */
  readonly width?: number;
  /** `end` for figures. */
  readonly align?: "start" | "end";
  readonly isSortable?: boolean;
  /**
   * On a card: its heading, at the right of the heading, a line with its header (default), or left out.
   * Where a table has little room, `hidden` columns go first, then lines, the rightmost first.
   */
  readonly narrow?: "title" | "side" | "line" | "hidden";
}

/** Something that can be done to a row. */
export interface RowAction {
  readonly id: string;
  /** The verb: "Coach". */
  readonly label: string;
  /** The key that does it on the selected row: `"c"`. */
  readonly keys?: string;
  readonly icon?: Icon;
  /** From the row's abilities; undefined: not offered. */
  readonly ability: Ability | "always" | undefined;
  readonly run: () => unknown;
}

/** How a list goes on. */
export type Paging =
  | { readonly kind: "more"; readonly hasMore: boolean; readonly isLoading: boolean; readonly onMore: () => unknown }
  | {
      readonly kind: "pages";
      readonly page: number;
      readonly hasNext: boolean;
      readonly onNext: () => unknown;
      readonly onPrevious: () => unknown;
    };

/** By which column and which way a list is sorted. */
export interface Sort {
  readonly by: string;
  readonly direction: "ascending" | "descending";
}

/** The properties of `DataTable`. */
export interface DataTableProps<Row> {
  /** Its accessible name: "Interactions in progress". */
  label: string;
  columns: readonly Column<Row>[];
  /** Undefined while the first answer is on its way: the table shows its own skeleton. */
  rows: readonly Row[] | undefined;
  rowId: (row: Row) => string;
  /** What a row is called, for the names of its controls: "call with Ana Lima". */
  rowName: (row: Row) => string;
  /** The query's error. With rows it stands above them, without in their place. */
  problem?: unknown;
  onRetry?: () => unknown;
  /** What will be here, and the action that makes it so; `EmptyState`. */
  empty: ReactNode;
  /** Click or Enter on a row, usually `pane.open`. */
  onOpen?: (row: Row) => void;
  /** The row that is open in the third pane. */
  openId?: string | null;
  /** Shown on hover and selection, as a menu on touch, and done by their keys. */
  actions?: (row: Row) => readonly RowAction[];
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  paging?: Paging;
  /** `fill` takes the height left in a `Page fill` and scrolls inside, virtualised from 80 rows on. */
  height?: "auto" | "fill";
}
