import { apiQuery, useHolds, useMe, type Schema } from "@/api";
import { useLiveQuery } from "@/realtime";

/**
 * Where the server says that one's browser phone stands: null while it is not connected anywhere, undefined before it is
 * known or where one needs none.
 */
export function useOwnLeg(): { isWanted: boolean; leg: Schema<"LegOut"> | null | undefined } {
  const { phone, user } = useMe();
  const mayBeOnCalls = useHolds(["take_calls", "monitor", "coach", "barge", "barge_kick"]);
  const isWanted = mayBeOnCalls && phone?.kind === "browser";
  const { data } = useLiveQuery([`user:${user.id}`], { ...apiQuery("/api/legs/mine"), enabled: isWanted });
  return { isWanted, leg: data };
}
