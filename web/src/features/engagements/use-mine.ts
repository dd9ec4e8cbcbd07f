import { useQuery } from "@tanstack/react-query";
import { apiQuery, useHolds } from "@/api";
import type { Engagement } from "./use-engage";

/** One's own running engagement; null when there is none, undefined before it is known. */
export function useMine(): Engagement | null | undefined {
  const maySupervise = useHolds(["monitor", "coach", "barge", "barge_kick"]);
  const { data } = useQuery({ ...apiQuery("/api/engagements/mine"), enabled: maySupervise });
  return data;
}
