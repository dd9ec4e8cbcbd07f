import { t } from "@/lib/texts";
import classes from "./Mark.module.css";

/** The product's mark: a line, and voices beside it. */
export function Mark({ withName = false, size = 26 }: { withName?: boolean; size?: number }) {
  return (
    <span className={classes.mark}>
      <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="#4447c4" />
        <path d="M9 8v16M15 12.5v7M20 9.5v13M25 13.5v5" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
      </svg>
      {withName && <span className={classes.name}>{t("app.name")}</span>}
    </span>
  );
}
