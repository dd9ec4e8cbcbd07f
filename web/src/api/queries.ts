import { infiniteQueryOptions, queryOptions, type Query, type QueryClient } from "@tanstack/react-query";
import type { FetchResponse, MaybeOptionalInit } from "openapi-fetch";
import type { PathsWithMethod } from "openapi-typescript-helpers";
import { client } from "./client";
import type { paths } from "./schema.gen";
import type { Page } from "./types";

/** Every path that can be read. */
export type ReadPath = PathsWithMethod<paths, "get">;

/** Parameters for reading `P`. */
export type ReadInit<P extends ReadPath> = MaybeOptionalInit<paths[P], "get">;

/** What reading `P` answers. */
export type Answer<P extends ReadPath> = NonNullable<
  FetchResponse<paths[P]["get"] & Record<string | number, unknown>, object, `${string}/${string}`>["data"]
>;

type InitArgument<P extends ReadPath> = undefined extends ReadInit<P> ? [init?: ReadInit<P>] : [init: ReadInit<P>];

type Params = { params?: { query?: Record<string, unknown>; path?: Record<string, unknown> } };

/** Keys begin with the path as the API documents it, so that `invalidate` can find all questions about it. */
export type ApiKey = readonly [path: string, params: Params["params"] | null, ...rest: unknown[]];

function keyOf(path: string, init: unknown): ApiKey {
  return [path, (init as Params | undefined)?.params ?? null];
}

async function read(path: string, init: unknown, signal: AbortSignal): Promise<unknown> {
  const get = client.GET as (path: string, init: object) => Promise<{ data?: unknown }>;
  const { data } = await get(path, { ...(init as object | undefined), signal });
  return data ?? null;
}

/**
 * Options for `useQuery`, typed by the API's description:
 *
 * `useQuery(apiQuery("/api/interactions/{interaction_id}", { params: { path: { interaction_id } } }))`
 */
export function apiQuery<P extends ReadPath>(path: P, ...[init]: InitArgument<P>) {
  return queryOptions({
    queryKey: keyOf(path, init),
    queryFn: ({ signal }) => read(path, init, signal) as Promise<Answer<P>>,
  });
}

type RowOf<A> = A extends { items: readonly (infer Row)[] } ? Row : never;

/**
 * Options for `useInfiniteQuery` over a list that answers `{items, next}` and takes `?cursor=`:
 *
 * `const list = useInfiniteQuery(apiPages("/api/interactions", { params: { query: { state: "live" } } }))`, then `rowsOf(list.data)`.
 */
export function apiPages<P extends ReadPath>(path: P, ...[init]: InitArgument<P>) {
  const params = (init as Params | undefined)?.params;
  return infiniteQueryOptions({
    queryKey: [path, params ?? null, "pages"] as const,
    queryFn: ({ signal, pageParam }) =>
      read(
        path,
        { ...(init as object | undefined), params: { ...params, query: { ...params?.query, cursor: pageParam } } },
        signal,
      ) as Promise<Page<RowOf<Answer<P>>>>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** All rows of an infinite query so far; undefined while the first page is on its way. */
export function rowsOf<Row>(data: { pages: readonly Page<Row>[] } | undefined): Row[] | undefined {
  return data?.pages.flatMap((page) => page.items);
}

const onceMore = new WeakMap<Query, Promise<void>>();

/**
 * Have the questions that `wanted` picks asked again: those on screen now, the others when they are needed next.
 *
 * An answer that is still on its way may have left before what happened since, so its question is asked once more as soon
 * as that answer is there. It is never broken off: where something happens more often than an answer takes, there would
 * never be one.
 */
export async function askAgain(queryClient: QueryClient, wanted: (queryKey: readonly unknown[]) => boolean): Promise<void> {
  const underWay = new Set(
    queryClient.getQueryCache().findAll({ predicate: (query) => wanted(query.queryKey) && query.state.fetchStatus === "fetching" }),
  );
  const later = [...underWay].map((query) => {
    const waiting = onceMore.get(query) ?? askOnceMore(queryClient, query);
    onceMore.set(query, waiting);
    return waiting;
  });
  const now = queryClient.invalidateQueries({ predicate: (query) => wanted(query.queryKey) && !underWay.has(query) }, { cancelRefetch: false });
  await Promise.all([now, ...later]);
}

async function askOnceMore(queryClient: QueryClient, query: Query): Promise<void> {
  await query.promise?.catch(() => undefined);
  onceMore.delete(query);
  await queryClient.invalidateQueries({ queryKey: query.queryKey, exact: true }, { cancelRefetch: false });
}

/** Have every question about these paths asked again. */
export function invalidate(queryClient: QueryClient, ...about: readonly ReadPath[]): Promise<void> {
  const wanted = new Set<unknown>(about);
  return askAgain(queryClient, (queryKey) => wanted.has(queryKey[0]));
}

/** Whether the path parameters of a key hold these values: to patch or invalidate the queries about one thing. */
export function keyIsAbout(key: readonly unknown[], path: ReadPath, values: Readonly<Record<string, unknown>>): boolean {
  if (key[0] !== path) return false;
  const given = (key[1] as Params["params"] | null)?.path ?? {};
  return Object.entries(values).every(([name, value]) => given[name] === value);
}
