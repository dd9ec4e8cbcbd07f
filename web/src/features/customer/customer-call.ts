import { asProblem, client, sendBeacon, type Schema } from "@/api";
import { asIceServers, BrowserLeg, closeMicrophone, openMicrophone } from "@/features/phone";
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

/**
 * A customer's call from this page: made, kept through a reload, ended.
 *
 * Owns the leg and the socket while the call lasts.
 */
export class CustomerLine {
  readonly call = createStore<CustomerCall | null>(null);
  readonly problem = createStore<unknown>(null);
  readonly leg: BrowserLeg;
  private started: Started | null = null;
  private connection: Connection | null = null;
  private offered: { legId: string; generation: number } | null = null;
  private stay: (() => void) | null = null;

  constructor(private readonly slug: string) {
    this.leg = new BrowserLeg({
      iceServers: async () => {
        const { data } = await client.GET("/api/customer/legs/ice-servers", { headers: this.headers() });
        return asIceServers(data);
      },
      mayRetry: (error) => !FINAL.has(asProblem(error).code),
      signal: async (offer) => {
        const { data } = await client.POST("/api/customer/legs", {
          body: { offer, tab_id: this.started?.tab_id ?? "", take_over: true, has_microphone: true },
          headers: this.headers(),
        });
        if (data !== undefined) this.offered = { legId: data.leg_id, generation: data.generation };
        return { answer: data?.answer ?? "" };
      },
    });
  }

  /** Go on with the call that was running when the page was reloaded, if there was one. */
  async resume(): Promise<void> {
    const kept = window.sessionStorage.getItem(this.key);
    if (kept === null) return;
    this.started = JSON.parse(kept) as Started;
    try {
      await this.look();
    } catch (error) {
      // Only a call that the server does not know any more is given up; a site that is away comes back.
      if (UNKNOWN.has(asProblem(error).status)) {
        this.forget();
        return;
      }
    }
    if (this.call.get()?.state === "ended") this.forget();
    else await this.connect();
  }

  /** Call the queue. Asks for the microphone first: a customer without one would only be heard as silence. */
  async dial(name: string, phone_number: string): Promise<void> {
    this.problem.set(null);
    this.call.set(null);
    const microphone = await openMicrophone();
    if (microphone === null) throw new NoMicrophone();
    const { data } = await client.POST("/api/customer/calls", {
      body: { queue_slug: this.slug, name, phone_number },
      headers: { "Idempotency-Key": uuid() },
    });
    if (data === undefined) return;
    this.started = { token: data.token, participant_id: data.participant_id, tab_id: uuid() };
    window.sessionStorage.setItem(this.key, JSON.stringify(this.started));
    await this.look();
    await this.connect();
  }

  /** Hang up. */
  async hangUp(): Promise<void> {
    const { data } = await client.POST("/api/customer/call/end", { headers: this.headers() });
    if (data !== undefined) this.show(data);
  }

  /** Mute or unmute this page's microphone; it stays with the page, nobody else is told. */
  async mute(isMuted: boolean): Promise<void> {
    const track = await openMicrophone();
    if (track !== null) track.enabled = !isMuted;
  }

  /** Let go of everything; the call itself goes on (the page is being left). */
  close(): void {
    this.connection?.stop();
    this.connection = null;
    this.stay?.();
    this.stay = null;
    this.leg.stop();
    closeMicrophone();
  }

  private async connect(): Promise<void> {
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
        onResync: () => void this.look().catch(() => undefined),
        onTurnedAway: () => void this.look().catch(() => undefined),
        onServerTime: () => undefined,
      },
      { identify: token },
    );
    this.connection.start();
    await this.leg.speak(await openMicrophone());
    this.stay ??= this.leg.onPageLeft(() => this.sayFarewell());
    this.leg.start();
  }

  /** Tell the server that this page goes away; whether it comes back, as after a reload, only time tells. */
  private sayFarewell(): void {
    if (this.offered === null) return;
    const { legId, generation } = this.offered;
    sendBeacon("/api/customer/legs/{leg_id}/close", legId, { generation, token: this.started?.token ?? "" });
  }

  private async look(): Promise<void> {
    const { data } = await client.GET("/api/customer/call", { headers: this.headers() });
    if (data !== undefined) this.show(data);
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
