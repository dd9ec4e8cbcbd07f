import { ActionIcon, Anchor } from "@mantine/core";
import { IconArrowUpRight, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { t } from "@/lib/texts";
import { usePane } from "./pane";
import classes from "./Pane.module.css";

/** The contents of the third pane: a heading that stays, and a body that scrolls. `to`: the screen that shows all of it. */
export function Pane({
  title,
  lead,
  actions,
  to,
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  to?: string;
  children: ReactNode;
}) {
  const pane = usePane();
  return (
    <div className={classes.pane}>
      <header className={classes.header}>
        <div className={classes.words}>
          <h2 className={classes.title}>{title}</h2>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
        </div>
        <div className={classes.tools}>
          {to !== undefined && (
            <Anchor component={Link} to={to} size="sm" className={classes.whole}>
              {t("pane.open_whole")}
              <IconArrowUpRight size={14} aria-hidden="true" />
            </Anchor>
          )}
          <ActionIcon aria-label={t("shell.pane_close")} onClick={pane.close}>
            <IconX size={17} aria-hidden="true" />
          </ActionIcon>
        </div>
      </header>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      <div className={classes.body}>{children}</div>
    </div>
  );
}
