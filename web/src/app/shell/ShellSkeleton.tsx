import { t } from "@/lib/texts";
import { ScreenSkeleton } from "../fallbacks";
import { Mark } from "./Mark";
import classes from "./Shell.module.css";

/** The shell before it is known who is signed in. */
export function ShellSkeleton() {
  return (
    <div className={classes.shell} aria-busy="true" aria-label={t("shell.loading")}>
      <div className={`${classes.side} ${classes.sideWaiting}`}>
        <div className={classes.brand}>
          <Mark withName />
        </div>
      </div>
      <div className={classes.top} />
      <div className={classes.main}>
        <ScreenSkeleton />
      </div>
    </div>
  );
}
