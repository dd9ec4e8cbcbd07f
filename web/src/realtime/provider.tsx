import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { meQuery, session, type Event } from "@/api";
import { noteServerTime } from "@/lib/clock";
import { useStore } from "@/lib/store";
import { Connection } from "./connection";
import type { Signal } from "./frames";
import { LiveCache } from "./live-cache";

/** Applies one event to what the page holds; the application's exhaustive switch over all event types. */
export type ApplyEvent = (event: Event, cache: LiveCache) => void;

type EventWatcher = (event: Event) => void;
type SignalWatcher = (signal: Signal) => void;

interface Realtime {
  readonly connection: Connection;
  readonly eventWatchers: Set<EventWatcher>;
  readonly signalWatchers: Set<SignalWatcher>;
}

const Context = createContext<Realtime | null>(null);

/** The provider's contents, for the hooks of this layer. */
export function useRealtime(): Realtime {
  const found = useContext(Context);
  if (!found) throw new Error("useRealtime needs a RealtimeProvider above it");
  return found;
}

function socketUrl(): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/api/socket`;
}

/** Keeps the socket open while somebody is signed in, and applies what it brings to the query cache. */
export function RealtimeProvider({ applyEvent, url, children }: { applyEvent: ApplyEvent; url?: string; children: ReactNode }) {
  const queryClient = useQueryClient();
  const state = useStore(session);
  const [realtime] = useState((): Realtime & { cache: LiveCache } => {
    const cache = new LiveCache(queryClient);
    const eventWatchers = new Set<EventWatcher>();
    const signalWatchers = new Set<SignalWatcher>();
    const connection = new Connection(url ?? socketUrl(), {
      onEvents(events) {
        for (const event of events) {
          applyEvent(event, cache);
          for (const watcher of [...eventWatchers]) watcher(event);
        }
      },
      onSignal(signal) {
        for (const watcher of [...signalWatchers]) watcher(signal);
      },
      onResync: () => cache.invalidateAll(),
      onTurnedAway: () => void queryClient.invalidateQueries({ queryKey: meQuery().queryKey }),
      onServerTime: noteServerTime,
    });
    return { connection, cache, eventWatchers, signalWatchers };
  });

  useEffect(() => {
    if (state !== "open") return;
    realtime.connection.start();
    return () => {
      realtime.connection.stop();
      realtime.cache.clear();
    };
  }, [state, realtime]);

  return <Context value={realtime}>{children}</Context>;
}
