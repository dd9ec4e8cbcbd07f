import { useEffect, useRef } from "react";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { useIsBehind } from "@/realtime";
import classes from "./ConnectionLine.module.css";

/** A quiet line while the page has no connection. */
export function ConnectionLine() {
  const isBehind = useIsBehind();
  const wasBehind = useRef(false);
  useEffect(() => {
    if (isBehind) announce(t("shell.reconnecting"));
    else if (wasBehind.current) announce(t("shell.reconnected"));
    wasBehind.current = isBehind;
  }, [isBehind]);
  return isBehind ? <div className={classes.line}>{t("shell.reconnecting")}</div> : null;
}
