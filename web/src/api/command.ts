import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { useRef } from "react";
import type { FetchResponse, MaybeOptionalInit } from "openapi-fetch";
import type { PathsWithMethod } from "openapi-typescript-helpers";
import { uuid } from "@/lib/ids";
import { client } from "./client";
import { asProblem, type Problem } from "./problem";
import { invalidate, type ReadPath } from "./queries";
import type { paths } from "./schema.gen";

/** The methods that change something. */
export type Method = "post" | "put" | "patch" | "delete";

/** The paths that take `M`. */
export type CommandPath<M extends Method> = PathsWithMethod<paths, M>;

/** Parameters and body of a command. */
export type CommandInit<M extends Method, P extends CommandPath<M>> = MaybeOptionalInit<paths[P], M>;

type Data<M extends Method, P extends CommandPath<M>> = FetchResponse<
  paths[P][M] & Record<string | number, unknown>,
  object,
  `${string}/${string}`
>["data"];

/** What a command answers; undefined for 204. */
export type CommandAnswer<M extends Method, P extends CommandPath<M>> = [NonNullable<Data<M, P>>] extends [never]
  ? undefined
  : NonNullable<Data<M, P>>;

type Sent = { data?: unknown };

/** Waits between attempts that got no answer; the key makes repeating harmless. */
const RETRY_AFTER_MS = [400, 1500];

/**
 * Send one command. Without an answer it is repeated under the same `Idempotency-Key`, so that it is done once.
 *
 * In components prefer {@link useCommand}.
 */
export async function send<M extends Method, P extends CommandPath<M>>(
  method: M,
  path: P,
  init: CommandInit<M, P>,
  { key = uuid() }: { key?: string } = {},
): Promise<CommandAnswer<M, P>> {
  const call = client.request as (method: string, path: string, init: object) => Promise<Sent>;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { data } = await call(method, path, { ...(init as object | undefined), headers: { "Idempotency-Key": key } });
      return data as CommandAnswer<M, P>;
    } catch (error) {
      const wait = RETRY_AFTER_MS[attempt];
      if (asProblem(error).code !== "no_connection" || wait === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** What {@link useCommand} gives: React Query's mutation, and `run` to await it. */
export type Command<M extends Method, P extends CommandPath<M>> = UseMutationResult<
  CommandAnswer<M, P>,
  Problem,
  CommandInit<M, P>
> & {
  /** Send it; rejects with a {@link Problem}. */
  readonly run: (init: CommandInit<M, P>) => Promise<CommandAnswer<M, P>>;
};

/**
 * A command of the API for a component.
 *
 * One press is one `Idempotency-Key`. When it stays unknown whether the command was done (no answer, 5xx), pressing
 * again with the same content sends the same key.
 *
 * `const start = useCommand("post", "/api/engagements"); <AbilityButton run={() => start.run({ body })} …/>`
 */
export function useCommand<M extends Method, P extends CommandPath<M>>(
  method: M,
  path: P,
  {
    invalidates = [],
    onDone,
  }: { invalidates?: readonly ReadPath[]; onDone?: (answer: CommandAnswer<M, P>) => void | Promise<void> } = {},
): Command<M, P> {
  const queryClient = useQueryClient();
  const open = useRef<{ content: string; key: string } | null>(null);
  const mutation = useMutation<CommandAnswer<M, P>, Problem, CommandInit<M, P>>({
    mutationFn: async (init) => {
      const content = JSON.stringify(init ?? null);
      if (open.current?.content !== content) open.current = { content, key: uuid() };
      try {
        const answer = await send(method, path, init, { key: open.current.key });
        open.current = null;
        return answer;
      } catch (error) {
        const problem = asProblem(error);
        if (!problem.isUncertain) open.current = null;
        throw problem;
      }
    },
    onSuccess: async (answer) => {
      await onDone?.(answer);
      if (invalidates.length > 0) void invalidate(queryClient, ...invalidates);
    },
  });
  return { ...mutation, run: mutation.mutateAsync };
}
