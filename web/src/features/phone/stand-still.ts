/** How often a connection is looked at. */
export const LOOK_EVERY_MS = 400;

/** Looks in vain after which a connection stands still. The voice engine sends a report a second, also during silence. */
const STILL_AFTER_LOOKS = 5;

/** Looks with something new before it is believed that there always will be: a phone that nobody ever spoke to is sent nothing. */
const FLOWS_AFTER_LOOKS = 3;

/** What has come in over a connection so far. */
export interface Arrivals {
  /** Bytes of sound and of reports about it. */
  readonly bytes: number;
  /** Answers to the questions whether the other side is there. */
  readonly answers: number;
}

/**
 * Whether a connection stands still: what came all the time stopped. A browser says so by itself only after five seconds
 * and more.
 *
 * Looks are counted, not seconds, so that a page that stood still itself is not taken for a connection that does.
 */
export class StandStill {
  private last: Arrivals = { bytes: 0, answers: 0 };
  private flowing = 0;
  private inVain = 0;

  /** Note what has come in up to this look; returns whether the connection stands still. */
  look(now: Arrivals): boolean {
    const { bytes, answers } = this.last;
    this.last = now;
    if (now.bytes !== bytes) this.flowing += 1;
    this.inVain = now.bytes !== bytes || now.answers !== answers ? 0 : this.inVain + 1;
    return this.flowing >= FLOWS_AFTER_LOOKS && this.inVain >= STILL_AFTER_LOOKS;
  }
}

/** Count what has come in over a peer connection; browsers keep it in one place or the other. */
export function arrivalsOf(stats: RTCStatsReport): Arrivals {
  let bytes = 0;
  let answers = 0;
  stats.forEach((each: { type: string; bytesReceived?: number; responsesReceived?: number }) => {
    if (each.type !== "transport" && each.type !== "candidate-pair") return;
    bytes += each.bytesReceived ?? 0;
    answers += each.responsesReceived ?? 0;
  });
  return { bytes, answers };
}
