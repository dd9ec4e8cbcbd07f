import { apiQuery, useHolds, useMe, type Schema } from "@/api";
import { useLiveQuery } from "@/realtime";

/**
 * Where the server says that one's browser phone stands: null while it is not connected anywhere, undefined before it is
 * known or where one needs none.
 *
 * An engagement keeps the phone with which it began: the browser stays connected for it although another phone was
 * selected meanwhile, and has nothing to do while a desk phone or a number is on the call.
 */
export function useOwnLeg(): { isWanted: boolean; leg: Schema<"LegOut"> | null | undefined } {
  const { phone, user } = useMe();
  const mayBeOnCalls = useHolds(["take_calls", "monitor", "coach", "barge", "barge_kick"]);
  const maySupervise = useHolds(["monitor", "coach", "barge", "barge_kick"]);
  const engagement = useLiveQuery([`user:${user.id}`], { ...apiQuery("/api/engagements/mine"), enabled: maySupervise }).data;
  const isWanted = mayBeOnCalls && (engagement?.phone_kind ?? phone?.kind) === "browser";
  const { data } = useLiveQuery([`user:${user.id}`], { ...apiQuery("/api/legs/mine"), enabled: isWanted });
  return { isWanted, leg: data };
}
