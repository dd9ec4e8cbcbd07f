import { useQuery, type DefaultError, type QueryKey, type UseQueryOptions, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Event } from "@/api";
import { useStore } from "@/lib/store";
import type { Signal } from "./frames";
import { useRealtime } from "./provider";

/**
 * Watch topics while the component is on screen.
 *
 * `isReady` turns true once the server has answered: fetch then, and no event can fall between the fetch and the
 * subscription. A refused topic is ready too: the fetch will say why.
 */
export function useTopic(topics: readonly string[]): { isReady: boolean; refused: readonly string[] } {
  const { connection } = useRealtime();
  const joined = topics.join("\n");
  useEffect(() => connection.topics.watch(joined === "" ? [] : joined.split("\n")), [connection, joined]);
  useStore(connection.topics.changed);
  return {
    isReady: topics.every((topic) => connection.topics.state(topic) !== "pending"),
    refused: topics.filter((topic) => connection.topics.state(topic) === "refused"),
  };
}

/**
 * A query that stays true while events arrive: subscribes to the topics, then fetches.
 *
 * `useLiveQuery(["interactions"], apiQuery("/api/interactions"))`
 */
export function useLiveQuery<Held, Selected = Held, Key extends QueryKey = QueryKey>(
  topics: readonly string[],
  options: UseQueryOptions<Held, DefaultError, Selected, Key>,
): UseQueryResult<Selected> {
  const { isReady } = useTopic(topics);
  const enabled = options.enabled === undefined ? true : options.enabled;
  return useQuery({ ...options, enabled: isReady ? enabled : false });
}

/** Do something at an event of a type, beyond the cache: announce it, play a tone. */
export function useEvent<T extends Event["type"]>(type: T, react: (event: Extract<Event, { type: T }>) => void): void {
  const { eventWatchers } = useRealtime();
  const latest = useRef(react);
  useEffect(() => {
    latest.current = react;
  });
  useEffect(() => {
    const watcher = (event: Event) => {
      if (event.type === type) latest.current(event as Extract<Event, { type: T }>);
    };
    eventWatchers.add(watcher);
    return () => void eventWatchers.delete(watcher);
  }, [eventWatchers, type]);
}

/** Do something at each passing signal of a type (talking, typing). */
export function useSignal(type: string, react: (signal: Signal) => void): void {
  const { signalWatchers } = useRealtime();
  const latest = useRef(react);
  useEffect(() => {
    latest.current = react;
  });
  useEffect(() => {
    const watcher = (signal: Signal) => {
      if (signal.type === type) latest.current(signal);
    };
    signalWatchers.add(watcher);
    return () => void signalWatchers.delete(watcher);
  }, [signalWatchers, type]);
}

/** True when the page has been without a connection for more than two seconds. */
export function useIsBehind(): boolean {
  return useStore(useRealtime().connection.isBehind);
}
