import { asProblem, client, sendBeacon, type Schema } from "@/api";
import { asIceServers, BrowserLeg, closeMicrophone, hushMicrophone, microphone, microphoneState, openMicrophone } from "@/features/phone";
import { uuid } from "@/lib/ids";
import { createStore } from "@/lib/store";
import { Connection } from "@/realtime";

export type CustomerCall = Schema<"CustomerCallOut">;

/** What the server gave for this call; the token proves that this page is the customer's. */
interface Started {
  readonly token: string;
  readonly participant_id: string;
  readonly tab_id: string;
}

const FINAL = new Set(["not_found", "not_signed_in", "call_ended", "phone_in_other_tab", "offer_refused"]);

const UNKNOWN = new Set([401, 404]);

/** How long the page waits before it asks again for a call that it could not learn about. */
const LOOK_AGAIN_AFTER_MS = 2000;

/**
 * A customer's call from this page: made, kept through a reload, ended.
 *
 * Owns the leg and the socket while the call lasts.
 */
export class CustomerLine {
  readonly call = createStore<CustomerCall | null>(null);
  /** Whether this page has a call, also before the server has said how it stands. */
  readonly isOnCall = createStore(false);
  readonly leg: BrowserLeg;
  private started: Started | null = null;
  private connection: Connection | null = null;
  private offered: { legId: string; generation: number } | null = null;
  private stay: (() => void) | null = null;
  private follow: (() => void) | null = null;
  private again: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly slug: string) {
    this.leg = new BrowserLeg({
      iceServers: async () => {
        const { data } = await client.GET("/api/customer/legs/ice-servers", { headers: this.headers() });
        return asIceServers(data);
      },
      mayRetry: (error) => !FINAL.has(asProblem(error).code),
      signal: async (offer) => {
        const { data } = await client.POST("/api/customer/legs", {
          body: { offer, tab_id: this.started?.tab_id ?? "", take_over: true, has_microphone: microphoneState.get() === "on" },
          headers: this.headers(),
        });
        if (data !== undefined) this.offered = { legId: data.leg_id, generation: data.generation };
        return { answer: data?.answer ?? "" };
      },
    });
  }

  /** Go on with the call that was running when the page was reloaded, if there was one. */
  resume(): void {
    const kept = window.sessionStorage.getItem(this.key);
    if (kept === null) return;
    this.goOn(JSON.parse(kept) as Started);
  }

  /** Call the queue. Asks for the microphone first: a customer without one would only be heard as silence. */
  async dial(name: string, phone_number: string): Promise<void> {
    this.call.set(null);
    if ((await openMicrophone()) === null) throw new NoMicrophone();
    try {
      const { data } = await client.POST("/api/customer/calls", {
        body: { queue_slug: this.slug, name, phone_number },
        headers: { "Idempotency-Key": uuid() },
      });
      if (data === undefined) return;
      const started = { token: data.token, participant_id: data.participant_id, tab_id: uuid() };
      window.sessionStorage.setItem(this.key, JSON.stringify(started));
      this.goOn(started);
    } catch (error) {
      closeMicrophone();
      throw error;
    }
  }

  /** Hang up; rejects when the server could not be told, and may be called again. */
  async hangUp(): Promise<void> {
    const { data } = await client.POST("/api/customer/call/end", { headers: this.headers() });
    if (data !== undefined) this.show(data);
  }

  /** Mute or unmute this page's microphone; it stays with the page, nobody else is told. */
  mute(isMuted: boolean): void {
    hushMicrophone(isMuted);
  }

  /** Let go of everything; the call itself goes on (the page is being left). */
  close(): void {
    this.connection?.stop();
    this.connection = null;
    this.stay?.();
    this.stay = null;
    this.follow?.();
    this.follow = null;
    if (this.again !== null) clearTimeout(this.again);
    this.again = null;
    this.leg.stop();
    closeMicrophone();
    hushMicrophone(false);
  }

  private goOn(started: Started): void {
    this.started = started;
    this.isOnCall.set(true);
    this.connect();
    void this.find();
  }

  private connect(): void {
    const token = this.started?.token ?? "";
    const url = `${window.location.origin.replace(/^http/, "ws")}/api/customer/socket`;
    this.connection = new Connection(
      url,
      {
        onEvents: (events) => {
          for (const event of events) {
            if (event.type === "customer.call_changed") this.show(event.call);
            if (event.type === "leg.reconnect_wanted") this.leg.renew();
            if (event.type === "leg.changed" && event.state === "lost" && this.leg.state.get() === "up") this.leg.renew();
          }
        },
        onSignal: () => undefined,
        onResync: () => void this.find(),
        onTurnedAway: () => void this.find(),
        onServerTime: () => undefined,
      },
      { identify: token },
    );
    this.connection.start();
    // One hears at once; one is heard as soon as there is a microphone, now or when one is allowed or plugged in.
    const speak = () => void this.leg.speak(microphone.get());
    this.follow ??= microphone.subscribe(speak);
    speak();
    void openMicrophone();
    this.stay ??= this.leg.onPageLeft(() => this.sayFarewell());
    this.leg.start();
  }

  /** Tell the server that this page goes away; whether it comes back, as after a reload, only time tells. */
  private sayFarewell(): void {
    if (this.offered === null) return;
    const { legId, generation } = this.offered;
    sendBeacon("/api/customer/legs/{leg_id}/close", legId, { generation, token: this.started?.token ?? "" });
  }

  /** Learn how the call stands, again and again until the server answers. */
  private async find(): Promise<void> {
    const asked = this.started;
    try {
      const { data } = await client.GET("/api/customer/call", { headers: this.headers() });
      if (data !== undefined && asked === this.started) this.show(data);
    } catch (error) {
      if (asked !== this.started || this.connection === null) return;
      // Only a call that the server does not know any more is given up; a site that is away comes back.
      if (UNKNOWN.has(asProblem(error).status)) {
        this.forget();
        this.close();
      } else {
        this.again ??= setTimeout(() => {
          this.again = null;
          void this.find();
        }, LOOK_AGAIN_AFTER_MS);
      }
    }
  }

  private show(call: CustomerCall): void {
    this.call.set(call);
    if (call.state === "ended") {
      this.forget();
      this.close();
    }
  }

  private forget(): void {
    window.sessionStorage.removeItem(this.key);
    this.isOnCall.set(false);
  }

  private get key(): string {
    return `sideline.customer.${this.slug}`;
  }

  private headers(): Record<string, string> {
    return { "X-Customer-Token": this.started?.token ?? "" };
  }
}

/** The browser has no microphone for this page; the page says how to allow one. */
export class NoMicrophone extends Error {}
