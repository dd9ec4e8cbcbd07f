import { currentTimeZone } from "./format";

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The instant at which a day ("2026-03-29") begins in a time zone, as the API takes it; undefined for what is no day. */
export function startOfDay(day: string, timeZone: string = currentTimeZone()): string | undefined {
  const parts = DAY.exec(day)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, date = 0] = parts;
  const wall = Date.UTC(year, month - 1, date);
  if (new Date(wall).toISOString().slice(0, 10) !== day) return undefined;
  // The offset may change between the guess and the instant itself; the second look settles it.
  let at = wall - offset(wall, timeZone);
  at = wall - offset(at, timeZone);
  return new Date(at).toISOString();
}

/** The instant at which the day after a day begins: what "to" a day means, to its end, also where days have 23 hours. */
export function endOfDay(day: string, timeZone: string = currentTimeZone()): string | undefined {
  const begin = startOfDay(day, "UTC");
  if (begin === undefined) return undefined;
  const next = new Date(begin);
  next.setUTCDate(next.getUTCDate() + 1);
  return startOfDay(next.toISOString().slice(0, 10), timeZone);
}

/** Milliseconds that the wall clock of a zone is ahead of UTC. */
function offset(at: number, timeZone: string): number {
  const told = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const of = (type: string) => Number(told.find((part) => part.type === type)?.value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - at;
}
