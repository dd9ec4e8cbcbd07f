import { t, type PlainTextKey } from "@/lib/texts";
import classes from "./StateBadge.module.css";

/** The states that have a colour; each has a shape as well. */
export type State = "live" | "held" | "ended" | "warning";

const SHAPES: Record<State, React.ReactNode> = {
  live: <circle cx="5" cy="5" r="3.5" />,
  held: (
    <>
      <rect x="2" y="1.5" width="2.2" height="7" rx="0.6" />
      <rect x="5.8" y="1.5" width="2.2" height="7" rx="0.6" />
    </>
  ),
  ended: <rect x="2" y="2" width="6" height="6" rx="1" fill="none" stroke="currentColor" strokeWidth="1.6" />,
  warning: <path d="M5 1 L9.4 9 H0.6 Z" strokeLinejoin="round" stroke="currentColor" strokeWidth="0.8" />,
};

const LABELS: Record<State, PlainTextKey> = {
  live: "state.live",
  held: "state.held",
  ended: "state.ended",
  warning: "state.warning",
};

/** The shape of a state alone, for where a text beside it says the same. */
export function StateMark({ state }: { state: State }) {
  return (
    <svg className={classes.mark} data-state={state} viewBox="0 0 10 10" width="10" height="10" fill="currentColor" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}

/** A state by word, shape and colour: `<StateBadge state="held">On hold · consult</StateBadge>`. */
export function StateBadge({ state, children }: { state: State; children?: React.ReactNode }) {
  return (
    <span className={classes.badge} data-state={state}>
      <StateMark state={state} />
      {children ?? t(LABELS[state])}
    </span>
  );
}
