import { apiQuery, useHolds, useMe } from "@/api";
import { useLiveQuery } from "@/realtime";
import type { Engagement } from "./use-engage";

/** One's own running engagement; null when there is none, undefined before it is known. */
export function useMine(): Engagement | null | undefined {
  const maySupervise = useHolds(["monitor", "coach", "barge", "barge_kick"]);
  const { user } = useMe();
  const { data } = useLiveQuery([`user:${user.id}`], { ...apiQuery("/api/engagements/mine"), enabled: maySupervise });
  return data;
}
