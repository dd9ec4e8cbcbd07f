import { Button } from "@mantine/core";
import { useState } from "react";
import { t } from "@/lib/texts";
import { RowMenu, usePressRow } from "./row-actions";
import type { Column, DataTableProps } from "./types";
import classes from "./DataTable.module.css";

/** Cards drawn at a time; a phone is slow to draw hundreds. */
const AT_ONCE = 50;

function Card<Row>({ row, columns, rowName, onOpen, actions, openId, rowId }: DataTableProps<Row> & { row: Row }) {
  const { running, press } = usePressRow();
  const offered = actions?.(row).filter((action) => action.ability !== undefined) ?? [];
  const at = (where: Column<Row>["narrow"]) => columns.filter((column) => (column.narrow ?? "line") === where);
  const title = at("title").map((column) => <span key={column.id}>{column.cell(row)}</span>);
  return (
    <li className={classes.card} data-open={openId === rowId(row) || undefined}>
      <div className={classes.cardHead}>
        {onOpen ? (
          <button type="button" className={classes.cardTitle} data-row-id={rowId(row)} onClick={() => onOpen(row)}>
            {title}
          </button>
        ) : (
          <span className={classes.cardTitle}>{title}</span>
        )}
        <span className={classes.cardSide}>
          {at("side").map((column) => (
            <span key={column.id}>{column.cell(row)}</span>
          ))}
        </span>
        {offered.length > 0 && <RowMenu actions={offered} rowName={rowName(row)} running={running} press={press} />}
      </div>
      <dl className={classes.cardLines}>
        {at("line").map((column) => {
          const value = column.cell(row);
          if (value === null || value === undefined || value === "") return null;
          return (
            <div key={column.id}>
              <dt>{column.header}</dt>
              <dd>{value}</dd>
            </div>
          );
        })}
      </dl>
    </li>
  );
}

/** The rows as cards, for a narrow screen. */
export function Cards<Row>(props: DataTableProps<Row> & { isLoading: boolean }) {
  const [limit, setLimit] = useState(AT_ONCE);
  if (props.isLoading) {
    return (
      <ul className={classes.cards} aria-busy="true" aria-label={props.label}>
        {[0, 1, 2, 3].map((index) => (
          <li key={index} className={classes.card} aria-hidden="true">
            <span className={classes.bone} style={{ width: "55%" }} />
            <span className={classes.bone} style={{ width: "80%" }} />
          </li>
        ))}
      </ul>
    );
  }
  const rows = props.rows ?? [];
  return (
    <>
      <ul className={classes.cards} aria-label={props.label}>
        {rows.slice(0, limit).map((row) => (
          <Card key={props.rowId(row)} {...props} row={row} />
        ))}
      </ul>
      {rows.length > limit && (
        <div className={classes.pager}>
          <Button variant="default" onClick={() => setLimit(limit + AT_ONCE)}>
            {t("table.show_more", { count: rows.length - limit })}
          </Button>
        </div>
      )}
    </>
  );
}
