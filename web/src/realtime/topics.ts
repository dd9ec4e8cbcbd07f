import { createStore, type Store } from "@/lib/store";
import type { ClientFrame } from "./frames";

/**
 * - `pending`: asked for, the server has not answered yet
 * - `live`: its events arrive; what is fetched from now on cannot miss one
 * - `refused`: not for this user (or gone)
 */
export type TopicState = "pending" | "live" | "refused";

interface Watched {
  watchers: number;
  state: TopicState;
  release: ReturnType<typeof setTimeout> | undefined;
}

/** Which topics the page watches: counted, so that two screens share one subscription. */
export class Topics {
  /** Rises whenever a topic's state changes. */
  readonly changed: Store<number> = createStore(0);

  private readonly watched = new Map<string, Watched>();
  private wanted = new Set<string>();
  private isFlushing = false;

  constructor(
    private readonly send: (frame: ClientFrame) => boolean,
    private readonly graceMs: number,
  ) {}

  /** Watch topics until the returned function is called. */
  watch(topics: readonly string[]): () => void {
    for (const topic of topics) {
      const known = this.watched.get(topic);
      if (known) {
        known.watchers += 1;
        clearTimeout(known.release);
        known.release = undefined;
      } else {
        this.watched.set(topic, { watchers: 1, state: "pending", release: undefined });
        this.wanted.add(topic);
        this.flushSoon();
      }
    }
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      for (const topic of topics) this.release(topic);
    };
  }

  /** The state of a topic; `pending` for one that nobody watches. */
  state(topic: string): TopicState {
    return this.watched.get(topic)?.state ?? "pending";
  }

  /** The server answered a subscription, or took one back after a change of rights. */
  answered(topics: readonly string[], refused: readonly string[]): void {
    let isChanged = false;
    const note = (topic: string, state: TopicState) => {
      const known = this.watched.get(topic);
      if (!known || known.state === state) return;
      known.state = state;
      isChanged = true;
    };
    for (const topic of topics) note(topic, "live");
    for (const topic of refused) note(topic, "refused");
    if (isChanged) this.changed.set((turn) => turn + 1);
  }

  /** Tell a new socket everything that is watched. */
  sendAll(): void {
    this.wanted.clear();
    const topics = [...this.watched.keys()];
    if (topics.length > 0) this.send({ op: "subscribe", topics });
  }

  /** The session is over: what the server allowed before says nothing about the next one. */
  forgetAnswers(): void {
    for (const [topic, known] of this.watched) {
      if (known.watchers === 0) {
        clearTimeout(known.release);
        this.watched.delete(topic);
      } else {
        known.state = "pending";
      }
    }
    this.changed.set((turn) => turn + 1);
  }

  private release(topic: string): void {
    const known = this.watched.get(topic);
    if (!known) return;
    known.watchers -= 1;
    if (known.watchers > 0) return;
    known.release = setTimeout(() => {
      this.watched.delete(topic);
      if (!this.wanted.delete(topic)) this.send({ op: "unsubscribe", topics: [topic] });
    }, this.graceMs);
  }

  /** One frame for all topics that a rendering asks for. */
  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    queueMicrotask(() => {
      this.isFlushing = false;
      const topics = [...this.wanted];
      if (topics.length > 0 && this.send({ op: "subscribe", topics })) this.wanted.clear();
    });
  }
}
