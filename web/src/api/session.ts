import { queryOptions, useSuspenseQuery, type QueryClient } from "@tanstack/react-query";
import { setDraftOwner } from "@/lib/drafts";
import { setTimeZone } from "@/lib/format";
import { client } from "./client";
import { apiQuery } from "./queries";
import { leaveOnPurpose, session } from "./session-state";
import type { Permission, Schema } from "./types";

/** Who is signed in, what they may do, their presence. */
export type Me = Schema<"Me">;

const ME = apiQuery("/api/me");

function isAboutMe(key: readonly unknown[]): boolean {
  return key[0] === ME.queryKey[0];
}

/** The question "who am I?"; its 401 ends the session. An answer about another person drops all that the first one saw. */
export const meQuery = () =>
  queryOptions({
    queryKey: ME.queryKey,
    staleTime: 60_000,
    queryFn: async ({ client: queryClient, signal }) => {
      const { data } = await client.GET("/api/me", { signal });
      const me = data as Me;
      const before = queryClient.getQueryData(ME.queryKey);
      if (before !== undefined && before.user.id !== me.user.id) {
        queryClient.removeQueries({ predicate: (query) => !isAboutMe(query.queryKey) });
      }
      return me;
    },
  });

/** The signed-in user. For components inside the shell, where it is always known. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery()).data;
}

/** Whether `me` holds one of the permissions in any scope. For showing a screen; a control asks its `ability`. */
export function holds(me: Me, needs: Permission | readonly Permission[] | undefined): boolean {
  if (needs === undefined) return true;
  const wanted: readonly string[] = typeof needs === "string" ? [needs] : needs;
  return me.permissions.some((grant) => wanted.includes(grant.permission));
}

/** {@link holds} for the signed-in user. */
export function useHolds(needs: Permission | readonly Permission[] | undefined): boolean {
  return holds(useMe(), needs);
}

/** Take the signed-in user as known: their zone, their drafts, an open session. */
export function openSession(me: Me): void {
  setTimeZone(me.user.time_zone);
  setDraftOwner(me.user.id);
  session.set("open");
}

/** Ask for a session and learn who it belongs to. Rejects with the problem `sign_in_failed` or `too_many_attempts`. */
export async function signIn(queryClient: QueryClient, credentials: Schema<"SignIn">): Promise<Me> {
  await client.POST("/api/sign-in", { body: credentials });
  const me = await queryClient.fetchQuery({ ...meQuery(), staleTime: 0 });
  openSession(me);
  // What is on screen may have changed while nobody was signed in.
  void queryClient.invalidateQueries({ predicate: (query) => !isAboutMe(query.queryKey) });
  return me;
}

/** End the session here, or wherever the user is signed in. What was seen is dropped; drafts stay for their owner. */
export async function signOut(queryClient: QueryClient, { everywhere = false } = {}): Promise<void> {
  const stay = leaveOnPurpose();
  try {
    await client.POST(everywhere ? "/api/sign-out-everywhere" : "/api/sign-out");
    session.set("closed");
    queryClient.clear();
  } finally {
    stay();
  }
}
