import { useNowAs } from "@/lib/clock";
import { formatDuration, speakDuration } from "@/lib/format";
import classes from "./text.module.css";

type Props = { since: string | number; until?: string | number | null; className?: string };

const seconds = (from: string | number, to: number) => (to - new Date(from).getTime()) / 1000;

function Ticking({ since, className }: { since: string | number; className?: string }) {
  const text = useNowAs((now) => formatDuration(seconds(since, now)));
  // A timer has no live region of its own, so screen readers are not told each second.
  return (
    <span role="timer" className={className}>
      {text}
    </span>
  );
}

/** How long something has been going on, ticking; with `until`, how long it took. All durations tick together. */
export function Duration({ since, until, className }: Props) {
  const classNames = className === undefined ? classes.figure : `${classes.figure} ${className}`;
  if (until === undefined || until === null) return <Ticking since={since} className={classNames} />;
  const length = seconds(since, new Date(until).getTime());
  return (
    <span className={classNames} title={speakDuration(length)}>
      {formatDuration(length)}
    </span>
  );
}
