/** A time span in milliseconds since the epoch. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Steps that people count in, in milliseconds. */
const STEPS = [
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
];

/** Offsets from the start (ms) at which the axis carries a mark: at most `most` of them, at round lengths. */
export function ticks(span: Span, most: number): number[] {
  const length = span.end - span.start;
  if (length <= 0 || most < 1) return [0];
  const longest = STEPS[STEPS.length - 1]!;
  const step = STEPS.find((one) => length / one <= most) ?? Math.ceil(length / most / longest) * longest;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

/** Where a moment lies in the span, as a percentage kept within it. */
export function place(span: Span, at: number): number {
  const length = span.end - span.start;
  if (length <= 0) return 0;
  return Math.min(100, Math.max(0, ((at - span.start) / length) * 100));
}
