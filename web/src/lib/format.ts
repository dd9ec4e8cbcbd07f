import { locale } from "./locale";
import { t } from "./texts";
import { createStore, useStore } from "./store";

/** The viewer's time zone: their profile's once signed in, the browser's until then. */
const zone = createStore(Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");

/** Show times in `timeZone` from now on; an unknown zone is ignored and the present one kept. */
export function setTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat(locale, { timeZone });
    zone.set(timeZone);
  } catch {
    // The server knows a zone that this browser does not: the browser's own is the closest truth.
  }
}

/** The viewer's time zone, for components that show times. */
export function useTimeZone(): string {
  return useStore(zone);
}

/** The viewer's time zone at this moment. */
export function currentTimeZone(): string {
  return zone.get();
}

type Instant = string | number | Date;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(instant: Instant, options: Intl.DateTimeFormatOptions): string {
  const timeZone = zone.get();
  const key = `${timeZone}|${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { timeZone, ...options });
    formats.set(key, found);
  }
  return found.format(new Date(instant));
}

/** "14:05", or "2:05 pm" where the viewer's region says so. */
export const formatTime = (instant: Instant): string => format(instant, { hour: "numeric", minute: "2-digit" });

/** "14:05:09". */
export const formatTimeWithSeconds = (instant: Instant): string =>
  format(instant, { hour: "numeric", minute: "2-digit", second: "2-digit" });

/** "20 Nov 2025". */
export const formatDate = (instant: Instant): string =>
  format(instant, { day: "numeric", month: "short", year: "numeric" });

/** "20 Nov 2025, 14:05". */
export const formatDateTime = (instant: Instant): string =>
  format(instant, { day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" });

/** "20 November 2025 at 14:05:09 CET": the whole truth, for a tooltip and where people in several zones meet. */
export const formatFull = (instant: Instant): string =>
  format(instant, {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  });

/** Today's times as "14:05", others as "20 Nov, 14:05", with the year if it is another one; `now` decides what today is. */
export function formatMoment(instant: Instant, now: number): string {
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "numeric", year: "numeric" };
  if (format(instant, day) === format(now, day)) return formatTime(instant);
  const year: Intl.DateTimeFormatOptions = { year: "numeric" };
  if (format(instant, year) !== format(now, year)) return formatDateTime(instant);
  return format(instant, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
}

const number = new Intl.NumberFormat(locale);
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });

/** "12,345" in the viewer's way of writing it. */
export const formatNumber = (value: number): string => number.format(value);

/** "12.5%" for 0.125. */
export const formatPercent = (share: number): string => percent.format(share);

/** "4:07", or "1:04:07" from an hour on. Negative lengths (clocks that disagree) show as 0:00. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = pad(whole % 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** "4 minutes 7 seconds", for screen readers. */
export function speakDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const parts: string[] = [];
  if (hours > 0) parts.push(t("duration.hours", { count: hours }));
  if (minutes > 0) parts.push(t("duration.minutes", { count: minutes }));
  if (parts.length === 0 || whole % 60 > 0) parts.push(t("duration.seconds", { count: whole % 60 }));
  return parts.join(" ");
}
