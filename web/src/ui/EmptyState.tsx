import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./EmptyState.module.css";

/** Says what will be here, and offers the action that makes it so. */
export function EmptyState({ icon: Picture, title, text, action }: { icon?: Icon; title: string; text?: string; action?: ReactNode }) {
  return (
    <div className={classes.root}>
      {Picture && <Picture size={28} stroke={1.4} className={classes.icon} aria-hidden="true" />}
      <p className={classes.title}>{title}</p>
      {text !== undefined && <p className={classes.text}>{text}</p>}
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </div>
  );
}
