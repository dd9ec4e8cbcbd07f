import { Link } from "@tanstack/react-router";
import { useMe } from "@/api";
import { t } from "@/lib/texts";
import { navigationFor } from "../navigation";
import classes from "./Navigation.module.css";

/** Left navigation: what this person may go to. */
export function Navigation() {
  const me = useMe();
  return (
    <nav aria-label={t("shell.navigation")} className={classes.nav}>
      {navigationFor(me).map(({ group, items }) => {
        const heading = t(`nav.group.${group}`);
        return (
          <div key={group} className={classes.group} role={heading ? "group" : undefined} aria-label={heading || undefined}>
            {heading && <div className={classes.heading}>{heading}</div>}
            <ul>
              {items.map(({ to, label, icon: Picture }) => (
                <li key={to}>
                  <Link to={to} className={classes.item} activeOptions={{ exact: to === "/", includeSearch: false }}>
                    <Picture size={18} stroke={1.6} aria-hidden="true" />
                    {t(label)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
