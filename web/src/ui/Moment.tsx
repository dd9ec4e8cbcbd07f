import { useNowAs } from "@/lib/clock";
import { formatDateTime, formatFull, formatMoment, formatTime, formatTimeWithSeconds, useTimeZone } from "@/lib/format";
import classes from "./text.module.css";

const WAYS = { time: formatTime, seconds: formatTimeWithSeconds, long: formatDateTime };

/**
 * A point in time in the viewer's zone, whole (with the zone) as its tooltip.
 *
 * `short`: "14:05" today, else "20 Nov, 14:05", with the year if it is another; `time`: "14:05"; `seconds`: "14:05:09"; `long`: "20 Nov 2025, 14:05".
 */
export function Moment({ at, as = "short" }: { at: string | number; as?: "short" | "time" | "seconds" | "long" }) {
  useTimeZone();
  const short = useNowAs((now) => (as === "short" ? formatMoment(at, now) : ""));
  const text = as === "short" ? short : WAYS[as](at);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatFull(at)} className={classes.figure}>
      {text}
    </time>
  );
}
