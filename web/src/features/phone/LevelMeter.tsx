import { useEffect, useRef } from "react";
import { t } from "@/lib/texts";
import type { BrowserLeg } from "./browser-leg";
import classes from "./phone.module.css";

const BARS = 6;
const EVERY_MS = 80;

/** How loud a leg is, as bars: what is heard, or what one says. Decoration for the eye; says nothing to screen readers but its name. */
export function LevelMeter({ leg, of }: { leg: BrowserLeg; of: "heard" | "said" }) {
  const bars = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const show = () => {
      const level = Math.sqrt(leg.levels()[of]);
      [...(bars.current?.children ?? [])].forEach((bar, place) => bar.toggleAttribute("data-on", level * BARS > place + 0.3));
    };
    const timer = setInterval(show, EVERY_MS);
    return () => clearInterval(timer);
  }, [leg, of]);
  return (
    <span ref={bars} className={classes.meter} role="img" aria-label={t(`phone.level.${of}`)}>
      {Array.from({ length: BARS }, (_, place) => (
        <span key={place} className={classes.bar} style={{ height: 4 + place * 2 }} />
      ))}
    </span>
  );
}
