import type { Schema } from "@/api";
import { createStore, type Store } from "@/lib/store";
import { arrivalsOf, LOOK_EVERY_MS, StandStill } from "./stand-still";

/** Slots that every offer has: as many people as can be heard at once. The engine expects this number. */
export const SLOTS = 4;

/** How long a shaky connection may stay shaky before it is made anew. */
const SHAKY_FOR_MS = 1200;

/** Waits between attempts to come back; the last one repeats. */
const AGAIN_AFTER_MS = [0, 300, 1000, 2000, 4000];

/** Candidates of this machine are there at once; nobody waits longer for those of a slow interface. */
const GATHER_FOR_MS = 700;

/** What carries an offer to the server and brings the answer; rejects when there is none. */
export type Signal = (offer: string) => Promise<{ answer: string }>;

/** Where the connection stands. `stopped`: not wanted, or refused for a reason that trying again does not change. */
export type LegState = "stopped" | "connecting" | "up" | "lost";

/** How loud it is, 0 … 1: what one hears, and what one says. */
export interface Levels {
  readonly heard: number;
  readonly said: number;
}

interface BrowserLegOptions {
  readonly signal: Signal;
  /** STUN and TURN servers of the installation; asked once. */
  readonly iceServers: () => Promise<RTCIceServer[]>;
  /** Whether a failed attempt is worth repeating; a refusal (another tab has the phone) is not. */
  readonly mayRetry: (error: unknown) => boolean;
}

/**
 * A browser's leg: one peer connection with a microphone line and {@link SLOTS} lines to listen on.
 *
 * It connects once and stays; who is heard is decided by the server, by what it forwards into the slots. The
 * microphone line is there from the start, without a microphone: {@link speak} puts one in without a new connection,
 * so that somebody who only listens is never asked for permission.
 */
export class BrowserLeg {
  readonly state: Store<LegState> = createStore<LegState>("stopped");
  /**
   * Nothing comes in any more, though the browser still calls the connection up. It may come to life again, as after a
   * voice engine that was busy for some seconds, so that no other is made until the browser gives it up.
   */
  readonly isStill: Store<boolean> = createStore(false);
  /** Why the last attempt failed; null while all is well. */
  readonly problem: Store<unknown> = createStore<unknown>(null);
  /** The browser plays no sound before somebody has pressed something: then {@link unlock} must be called by a press. */
  readonly isLocked: Store<boolean> = createStore(false);

  private pc: RTCPeerConnection | null = null;
  private readonly players: HTMLAudioElement[] = [];
  private microphone: MediaStreamTrack | null = null;
  private sender: RTCRtpSender | null = null;
  private iceServers: RTCIceServer[] | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private watch: ReturnType<typeof setInterval> | null = null;
  private attempt = 0;
  private turn = 0;
  /** Made at the first press: a browser refuses to run one before. */
  private context: AudioContext | null = null;
  private ears: Meter[] = [];
  private mouth: Meter | null = null;

  constructor(private readonly options: BrowserLegOptions) {}

  /** Connect, and from then on come back whenever the connection is lost. */
  start(): void {
    if (this.state.get() === "stopped") this.again(0);
  }

  /** Close the connection; {@link start} opens another. */
  stop(): void {
    this.turn += 1;
    this.cancelTimer();
    this.closeConnection();
    this.attempt = 0;
    this.state.set("stopped");
  }

  /** Make a new connection now: the server asked for it, or says that the old one is gone. */
  renew(): void {
    if (this.state.get() === "stopped") return;
    this.attempt = 0;
    this.again(0);
  }

  /**
   * Have `farewell` called whenever the page goes away with a connection, so that nobody waits for its silence to be
   * noticed; a page that the browser brings back connects anew. Returns what undoes it.
   */
  onPageLeft(farewell: () => void): () => void {
    const left = () => {
      if (this.state.get() !== "stopped") farewell();
    };
    const back = (event: PageTransitionEvent) => {
      if (event.persisted) this.renew();
    };
    window.addEventListener("pagehide", left);
    window.addEventListener("pageshow", back);
    return () => {
      window.removeEventListener("pagehide", left);
      window.removeEventListener("pageshow", back);
    };
  }

  /** Let this microphone be sent (null: none); takes effect at once and outlives reconnections. */
  async speak(track: MediaStreamTrack | null): Promise<void> {
    this.microphone = track;
    this.measure(track);
    await this.sender?.replaceTrack(track);
  }

  /** Play what is heard; call it from a press where {@link isLocked}. */
  async unlock(): Promise<void> {
    const played = await Promise.allSettled(this.players.map((player) => player.play()));
    this.isLocked.set(played.some((each) => each.status === "rejected" && isAutoplayRefusal(each.reason)));
    this.context ??= new AudioContext();
    await this.context.resume();
    this.listen();
  }

  /** How loud it is now; cheap enough for every animation frame. */
  levels(): Levels {
    return { heard: Math.max(0, ...this.ears.map(loudness)), said: this.microphone?.enabled === true ? loudness(this.mouth) : 0 };
  }

  private again(afterMs: number): void {
    this.cancelTimer();
    if (this.state.get() !== "lost") this.state.set(this.state.get() === "up" ? "lost" : "connecting");
    this.timer = setTimeout(() => void this.connect(), afterMs);
  }

  private async connect(): Promise<void> {
    const turn = (this.turn += 1);
    this.closeConnection();
    let pc: RTCPeerConnection | null = null;
    try {
      this.iceServers ??= await this.options.iceServers();
      if (turn !== this.turn) return;
      pc = this.pc = new RTCPeerConnection({ iceServers: this.iceServers, bundlePolicy: "max-bundle" });
      const microphone = pc.addTransceiver("audio", { direction: "sendrecv" });
      this.sender = microphone.sender;
      await microphone.sender.replaceTrack(this.microphone);
      for (let slot = 0; slot < SLOTS; slot += 1) this.play(slot, pc.addTransceiver("audio", { direction: "recvonly" }));
      pc.addEventListener("connectionstatechange", ({ target }) => this.changed(target as RTCPeerConnection));
      await pc.setLocalDescription();
      await gathered(pc);
      const { answer } = await this.options.signal(pc.localDescription?.sdp ?? "");
      if (turn !== this.turn) return;
      await pc.setRemoteDescription({ type: "answer", sdp: answer });
      this.problem.set(null);
    } catch (error) {
      if (turn === this.turn) this.failed(error);
      else pc?.close();
    }
  }

  private failed(error: unknown): void {
    this.problem.set(error);
    if (this.options.mayRetry(error)) this.retry();
    else this.stop();
  }

  private retry(): void {
    const wait = AGAIN_AFTER_MS[Math.min(this.attempt, AGAIN_AFTER_MS.length - 1)] ?? 0;
    this.attempt += 1;
    this.again(wait * (0.8 + Math.random() * 0.4));
  }

  private changed(pc: RTCPeerConnection): void {
    if (pc !== this.pc) return;
    switch (pc.connectionState) {
      case "connected":
        this.attempt = 0;
        this.cancelTimer();
        this.state.set("up");
        this.watchOver(pc);
        void this.unlock();
        return;
      case "disconnected":
        this.again(SHAKY_FOR_MS);
        return;
      case "failed":
        this.retry();
        return;
      default:
        return;
    }
  }

  private play(slot: number, transceiver: RTCRtpTransceiver): void {
    const player = (this.players[slot] ??= new Audio());
    player.autoplay = true;
    player.srcObject = new MediaStream([transceiver.receiver.track]);
  }

  private measure(track: MediaStreamTrack | null): void {
    this.mouth?.source.disconnect();
    this.mouth = null;
    if (track === null) return;
    this.context ??= new AudioContext();
    this.mouth = meterOf(this.context, new MediaStream([track]));
  }

  /** Meter what the slots play. */
  private listen(): void {
    for (const { source } of this.ears) source.disconnect();
    const context = this.context;
    this.ears = context === null ? [] : this.players.flatMap(({ srcObject }) => (srcObject instanceof MediaStream ? [meterOf(context, srcObject)] : []));
  }

  private watchOver(pc: RTCPeerConnection): void {
    if (this.watch !== null) return;
    const standStill = new StandStill();
    const look = async () => {
      const isStill = standStill.look(arrivalsOf(await pc.getStats()));
      if (pc === this.pc) this.isStill.set(isStill);
    };
    // A connection that is just being closed has nothing to tell.
    this.watch = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  }

  private closeConnection(): void {
    if (this.watch !== null) clearInterval(this.watch);
    this.watch = null;
    this.isStill.set(false);
    this.sender = null;
    this.pc?.close();
    this.pc = null;
  }

  private cancelTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

/** What the server tells of ICE servers, as a browser wants it: without names and secrets that are null. */
export function asIceServers(told: readonly Schema<"IceServer">[] | undefined): RTCIceServer[] {
  return (told ?? []).map(({ urls, username, credential }) =>
    username === null || credential === null ? { urls } : { urls, username, credential },
  );
}

interface Meter {
  readonly source: MediaStreamAudioSourceNode;
  readonly analyser: AnalyserNode;
  readonly samples: Float32Array<ArrayBuffer>;
}

function meterOf(context: AudioContext, mediaStream: MediaStream): Meter {
  const analyser = new AnalyserNode(context, { fftSize: 512 });
  const source = new MediaStreamAudioSourceNode(context, { mediaStream });
  source.connect(analyser);
  return { source, analyser, samples: new Float32Array(analyser.fftSize) };
}

function loudness(meter: Meter | null): number {
  if (meter === null) return 0;
  meter.analyser.getFloatTimeDomainData(meter.samples);
  return Math.min(1, Math.max(...meter.samples.map(Math.abs)));
}

function isAutoplayRefusal(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}

/** The server wants all candidates in the offer; wait for them, but not for ever. */
function gathered(pc: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(limit);
      pc.removeEventListener("icegatheringstatechange", look);
      resolve();
    };
    const look = () => {
      if (pc.iceGatheringState === "complete") done();
    };
    const limit = setTimeout(done, GATHER_FOR_MS);
    pc.addEventListener("icegatheringstatechange", look);
    look();
  });
}
