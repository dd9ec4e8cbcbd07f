import { createStore, type Store } from "@/lib/store";
import { readFrame, type ClientFrame, type ServerFrame, type Signal } from "./frames";
import type { Event } from "@/api";
import { Topics } from "./topics";

/** What the connection tells the rest of the page. */
export interface ConnectionListener {
  onEvents(events: readonly Event[]): void;
  onSignal(signal: Signal): void;
  /** Events were missed: everything on screen has to be asked again. */
  onResync(): void;
  /** The socket could not be opened, or the server ended it: find out whether the session still stands. */
  onTurnedAway(): void;
  onServerTime(iso: string): void;
}

/** Times in milliseconds. */
export interface Timing {
  /** First wait before reconnecting; doubles with each failure up to `longestWait`. */
  readonly firstWait: number;
  readonly longestWait: number;
  /** Down for this long, the page says that it is reconnecting. */
  readonly quietFor: number;
  /** Nothing heard for this long, not even a ping: the connection is dead. */
  readonly silentFor: number;
  /** How long a topic that nobody watches any more stays subscribed, for a screen that comes straight back. */
  readonly topicGrace: number;
}

export const TIMING: Timing = { firstWait: 400, longestWait: 15_000, quietFor: 2_000, silentFor: 60_000, topicGrace: 10_000 };

/**
 * The page's one socket: reconnects with growing, jittered waits, resumes by position and keeps the subscriptions.
 *
 * Started when a user is signed in, stopped at sign-out; it owns every timer it starts. A customer's page makes its own,
 * for `/api/customer/socket`, with `identify`.
 */
export class Connection {
  /** True when the page has been without a connection long enough to say so. */
  readonly isBehind: Store<boolean> = createStore(false);
  readonly topics: Topics;

  private readonly timing: Timing;
  private readonly random: () => number;
  private readonly token: string | undefined;
  private socket: WebSocket | null = null;
  private isStarted = false;
  private saidHello = false;
  private failures = 0;
  private position: string | null = null;
  private isResuming = false;
  private reconnectTimer: Timer;
  private quietTimer: Timer;
  private silenceTimer: Timer;

  constructor(
    private readonly url: string,
    private readonly listener: ConnectionListener,
    {
      timing = TIMING,
      random = Math.random,
      identify,
    }: {
      timing?: Timing;
      random?: () => number;
      /** For a customer's socket: the token of their call, sent first. */
      identify?: string;
    } = {},
  ) {
    this.timing = timing;
    this.random = random;
    this.token = identify;
    this.topics = new Topics((frame) => this.send(frame), timing.topicGrace);
  }

  /** Connect and stay connected. */
  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.noteDown();
    this.open();
  }

  /** Disconnect and forget the position; subscriptions of components still on screen are kept for the next start. */
  stop(): void {
    if (!this.isStarted) return;
    this.isStarted = false;
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    for (const timer of [this.reconnectTimer, this.quietTimer, this.silenceTimer]) clearTimeout(timer);
    this.reconnectTimer = this.quietTimer = this.silenceTimer = undefined;
    this.position = null;
    this.isBehind.set(false);
    this.drop();
    this.topics.forgetAnswers();
  }

  private open(): void {
    this.reconnectTimer = undefined;
    this.saidHello = false;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      this.listen();
      if (this.token !== undefined) this.send({ op: "identify", token: this.token });
      // Resume first: what was missed then comes with the subscriptions, each event once and before any later one.
      this.isResuming = this.position !== null;
      if (this.position !== null) this.send({ op: "resume", position: this.position });
      this.topics.sendAll();
    };
    socket.onmessage = ({ data }) => {
      this.listen();
      const frame = readFrame(data);
      if (frame) this.take(frame);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
  }

  private take(frame: ServerFrame): void {
    switch (frame.kind) {
      case "hello":
        this.saidHello = true;
        this.failures = 0;
        if (!this.isResuming) this.position = frame.position;
        clearTimeout(this.quietTimer);
        this.quietTimer = undefined;
        this.isBehind.set(false);
        this.listener.onServerTime(frame.server_time);
        return;
      case "subscribed":
        this.topics.answered(frame.topics, frame.refused);
        return;
      case "events":
        this.isResuming = false;
        this.position = frame.position;
        this.listener.onEvents(frame.events);
        return;
      case "signal":
        this.listener.onSignal(frame);
        return;
      case "resync":
        this.isResuming = false;
        this.position = frame.position;
        this.listener.onResync();
        return;
      case "ping":
        // Without one while the server still catches up with what this page missed.
        this.position = frame.position ?? this.position;
        this.send({ op: "pong" });
        return;
      case "bye":
        // Signed out, or signed in again in another tab: the cookie knows. Whoever finds no session stops us.
        this.listener.onTurnedAway();
        return;
      default:
        frame satisfies never;
    }
  }

  private lost(): void {
    this.drop();
    clearTimeout(this.silenceTimer);
    if (!this.isStarted) return;
    this.noteDown();
    if (!this.saidHello) this.listener.onTurnedAway();
    // The listener may have found that the session is over, and stopped us.
    if (!this.isStarted) return;
    const longest = Math.min(this.timing.longestWait, this.timing.firstWait * 2 ** this.failures);
    this.failures += 1;
    // Between half and all of it, so that a restarted server is not met by everybody at once.
    this.reconnectTimer = setTimeout(() => this.open(), longest * (0.5 + this.random() / 2));
  }

  /** The network or the tab came back: do not sit out the rest of a long wait. */
  private readonly hurry = (): void => {
    if (this.reconnectTimer === undefined || document.visibilityState === "hidden") return;
    clearTimeout(this.reconnectTimer);
    this.open();
  };

  private noteDown(): void {
    this.quietTimer ??= setTimeout(() => this.isBehind.set(true), this.timing.quietFor);
  }

  private listen(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.lost(), this.timing.silentFor);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private send(frame: ClientFrame): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;
