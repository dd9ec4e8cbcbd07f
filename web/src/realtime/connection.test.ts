import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocketServer, type WebSocket as ServerSocket } from "ws";
import { Connection, type ConnectionListener, type Timing } from "./connection";
import type { ClientFrame } from "./frames";

const TIMING: Timing = { firstWait: 20, longestWait: 80, quietFor: 60, silentFor: 5_000, topicGrace: 30 };

/** A server that says hello and keeps what each connection sends. */
class FakeServer {
  readonly server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  readonly sockets: ServerSocket[] = [];
  readonly heard: ClientFrame[][] = [];
  position = "10.1";

  constructor() {
    this.server.on("connection", (socket) => {
      const heard: ClientFrame[] = [];
      this.sockets.push(socket);
      this.heard.push(heard);
      socket.on("message", (data) => {
        const frame = JSON.parse(String(data)) as ClientFrame;
        heard.push(frame);
        if (frame.op === "subscribe") {
          const refused = frame.topics.filter((topic) => topic.startsWith("secret"));
          this.say({ kind: "subscribed", topics: frame.topics.filter((topic) => !refused.includes(topic)), refused });
        }
      });
      this.say({ kind: "hello", position: this.position, server_time: "2025-11-20T12:00:00Z" });
    });
  }

  get url(): string {
    const address = this.server.address();
    return `ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/api/socket`;
  }

  get last(): ServerSocket {
    return this.sockets[this.sockets.length - 1]!;
  }

  get lastHeard(): ClientFrame[] {
    return this.heard[this.heard.length - 1]!;
  }

  say(frame: object): void {
    this.last.send(JSON.stringify(frame));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const event = (userId: string) => ({ type: "user.changed", at: "2025-11-20T12:00:00Z", user_id: userId, version: 1 });

let server: FakeServer;
let connection: Connection;
let listener: { [K in keyof ConnectionListener]: ReturnType<typeof vi.fn<ConnectionListener[K]>> };

beforeEach(async () => {
  server = new FakeServer();
  await new Promise((resolve) => server.server.once("listening", resolve));
  listener = { onEvents: vi.fn(), onSignal: vi.fn(), onResync: vi.fn(), onTurnedAway: vi.fn(), onServerTime: vi.fn() };
  connection = new Connection(server.url, listener, { timing: TIMING });
});

afterEach(async () => {
  connection.stop();
  await server.close();
});

const live = (topic: string) => vi.waitFor(() => expect(connection.topics.state(topic)).toBe("live"));
const reconnected = (times: number) => vi.waitFor(() => expect(server.sockets).toHaveLength(times), { timeout: 3_000 });

describe("a connection", () => {
  test("learns the server's time and brings events", async () => {
    connection.topics.watch(["organisation"]);
    connection.start();
    await live("organisation");
    server.say({ kind: "events", position: "11.1", events: [event("ana")] });
    await vi.waitFor(() => expect(listener.onEvents).toHaveBeenCalledWith([event("ana")]));
    expect(listener.onServerTime).toHaveBeenCalledWith("2025-11-20T12:00:00Z");
  });

  test("after a loss resumes from the last event and then subscribes to everything again", async () => {
    connection.topics.watch(["organisation", "queues"]);
    connection.start();
    await live("queues");
    server.say({ kind: "events", position: "42.7", events: [event("ana")] });
    await vi.waitFor(() => expect(listener.onEvents).toHaveBeenCalled());
    server.position = "50.1";
    server.last.terminate();
    await reconnected(2);
    await vi.waitFor(() =>
      expect(server.lastHeard).toEqual([
        { op: "resume", position: "42.7" },
        { op: "subscribe", topics: ["organisation", "queues"] },
      ]),
    );
  });

  test("resumes from what it last heard even if it is lost again before anything new came", async () => {
    connection.topics.watch(["queues"]);
    connection.start();
    await live("queues");
    server.say({ kind: "events", position: "42.7", events: [event("ana")] });
    await vi.waitFor(() => expect(listener.onEvents).toHaveBeenCalled());
    server.position = "50.1";
    server.last.terminate();
    await reconnected(2);
    await vi.waitFor(() => expect(server.lastHeard).toHaveLength(2));
    server.last.terminate();
    await reconnected(3);
    await vi.waitFor(() => expect(server.lastHeard).toContainEqual({ op: "resume", position: "42.7" }));
  });

  test("that heard no event for long resumes from the position of the last ping", async () => {
    connection.start();
    await vi.waitFor(() => expect(listener.onServerTime).toHaveBeenCalled());
    server.say({ kind: "ping", position: "77.3" });
    await vi.waitFor(() => expect(server.lastHeard).toContainEqual({ op: "pong" }));
    server.last.terminate();
    await reconnected(2);
    await vi.waitFor(() => expect(server.lastHeard).toContainEqual({ op: "resume", position: "77.3" }));
  });

  test("asks for everything again when the server no longer has what was missed", async () => {
    connection.start();
    await vi.waitFor(() => expect(listener.onServerTime).toHaveBeenCalled());
    server.last.terminate();
    await reconnected(2);
    server.say({ kind: "resync", position: "90.1" });
    await vi.waitFor(() => expect(listener.onResync).toHaveBeenCalledOnce());
    server.last.terminate();
    await reconnected(3);
    await vi.waitFor(() => expect(server.lastHeard).toContainEqual({ op: "resume", position: "90.1" }));
  });

  test("says that the page is behind only after it has been away for a while", async () => {
    connection.start();
    await vi.waitFor(() => expect(listener.onServerTime).toHaveBeenCalled());
    expect(connection.isBehind.get()).toBe(false);
    const told: boolean[] = [];
    connection.isBehind.subscribe(() => told.push(connection.isBehind.get()));
    server.last.terminate();
    await reconnected(2);
    await vi.waitFor(() => expect(server.lastHeard).toHaveLength(1));
    expect(told).toEqual([]);
    await server.close();
    await vi.waitFor(() => expect(connection.isBehind.get()).toBe(true));
  });

  test("that can't be opened asks whether the session still stands, and goes on trying", async () => {
    await server.close();
    connection.start();
    await vi.waitFor(() => expect(listener.onTurnedAway.mock.calls.length).toBeGreaterThan(1));
  });

  test("that the server says goodbye to asks whether the session still stands", async () => {
    connection.start();
    await vi.waitFor(() => expect(listener.onServerTime).toHaveBeenCalled());
    server.say({ kind: "bye", reason: "signed_out" });
    await vi.waitFor(() => expect(listener.onTurnedAway).toHaveBeenCalledOnce());
  });

  test("that is stopped stays closed and answers nothing any more", async () => {
    connection.start();
    await vi.waitFor(() => expect(listener.onServerTime).toHaveBeenCalled());
    const closed = new Promise((resolve) => server.last.once("close", resolve));
    connection.stop();
    await closed;
    expect(server.sockets).toHaveLength(1);
    expect(connection.isBehind.get()).toBe(false);
  });

  test("that hears nothing, not even a ping, is given up and opened again", async () => {
    connection = new Connection(server.url, listener, { timing: { ...TIMING, silentFor: 50 } });
    connection.start();
    await reconnected(2);
  });

  test("of a customer says who it is before anything else", async () => {
    connection = new Connection(server.url, listener, { timing: TIMING, identify: "token-of-the-call" });
    connection.topics.watch(["customer:7"]);
    connection.start();
    await live("customer:7");
    expect(server.lastHeard[0]).toEqual({ op: "identify", token: "token-of-the-call" });
  });

  test("passes over frames that it does not know", async () => {
    connection.start();
    await vi.waitFor(() => expect(listener.onServerTime).toHaveBeenCalled());
    server.last.send("not json");
    server.say({ kind: "fireworks" });
    server.say({ kind: "signal", type: "talking", leg_id: "l1" });
    await vi.waitFor(() => expect(listener.onSignal).toHaveBeenCalledWith({ kind: "signal", type: "talking", leg_id: "l1" }));
  });
});

describe("topics", () => {
  test("that several components ask for in one rendering go out in one frame, each once", async () => {
    connection.start();
    await vi.waitFor(() => expect(listener.onServerTime).toHaveBeenCalled());
    connection.topics.watch(["queues", "organisation"]);
    connection.topics.watch(["queues"]);
    await live("organisation");
    expect(server.lastHeard).toEqual([{ op: "subscribe", topics: ["queues", "organisation"] }]);
  });

  test("that are refused are said to be", async () => {
    connection.topics.watch(["secret:1"]);
    connection.start();
    await vi.waitFor(() => expect(connection.topics.state("secret:1")).toBe("refused"));
  });

  test("stay subscribed while anybody watches, and for a moment after", async () => {
    connection.start();
    const first = connection.topics.watch(["queues"]);
    const second = connection.topics.watch(["queues"]);
    await live("queues");
    first();
    second();
    const third = connection.topics.watch(["queues"]);
    await new Promise((resolve) => setTimeout(resolve, TIMING.topicGrace * 2));
    expect(server.lastHeard.some((frame) => frame.op === "unsubscribe")).toBe(false);
    third();
    await vi.waitFor(() => expect(server.lastHeard).toContainEqual({ op: "unsubscribe", topics: ["queues"] }));
  });

  test("are taken back when the server says so after a change of rights", async () => {
    connection.topics.watch(["interactions"]);
    connection.start();
    await live("interactions");
    server.say({ kind: "subscribed", topics: [], refused: ["interactions"] });
    await vi.waitFor(() => expect(connection.topics.state("interactions")).toBe("refused"));
  });
});
