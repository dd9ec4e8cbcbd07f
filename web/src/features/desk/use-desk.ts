import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { apiQuery, send, useHolds, useMe, type Schema } from "@/api";
import { useLiveQuery } from "@/realtime";

export type Call = Schema<"CallOut">;
export type Desk = Schema<"DeskOut">;

const DESK = apiQuery("/api/desk");

/** The calls that one is on or that ring, and the one that one wraps up. Its events come by one's own topic. */
export function useDeskQuery() {
  const { user } = useMe();
  const mayHaveCalls = useHolds(["take_calls", "barge_kick"]);
  return useLiveQuery([`user:${user.id}`], { ...DESK, enabled: mayHaveCalls });
}

/** The same as far as it is known. */
export function useDesk(): Desk | undefined {
  return useDeskQuery().data;
}

/** Who monitors, coaches or has joined, as far as policy lets the agent know. */
export function useShownSupervisors() {
  const { user } = useMe();
  const takesCalls = useHolds("take_calls");
  return useLiveQuery([`user:${user.id}`], { ...apiQuery("/api/engagements/shown-to-me"), enabled: takesCalls }).data;
}

type Plain = "answer" | "decline" | "mute" | "unmute" | "hold" | "resume" | "cancel-consult" | "complete-transfer" | "end";

/** The controls of a call; each answers the call as it is then, which is shown at once. */
export function useCallControls() {
  const queryClient = useQueryClient();
  const keep = (call: Call) => {
    void queryClient.cancelQueries({ queryKey: DESK.queryKey });
    queryClient.setQueryData<Desk>(DESK.queryKey as QueryKey, (desk) =>
      desk === undefined ? desk : { ...desk, current: desk.current.map((each) => (each.id === call.id ? call : each)) },
    );
    void queryClient.invalidateQueries({ queryKey: DESK.queryKey });
  };
  const path = (call: Call) => ({ params: { path: { interaction_id: call.id } } });
  return {
    control: async (call: Call, verb: Plain) => keep(await send("post", `/api/interactions/{interaction_id}/${verb}`, path(call))),
    consult: async (call: Call, user_id: string) =>
      keep(await send("post", "/api/interactions/{interaction_id}/consult", { ...path(call), body: { user_id } })),
    transfer: async (call: Call, to: { user_id: string } | { queue_id: string }) =>
      keep(await send("post", "/api/interactions/{interaction_id}/transfer", { ...path(call), body: { user_id: null, queue_id: null, ...to } })),
    setResultCode: async (call: Call, result_code_id: string | null) => {
      await send("post", "/api/interactions/{interaction_id}/result-code", { ...path(call), body: { result_code_id } });
      await queryClient.invalidateQueries({ queryKey: DESK.queryKey });
    },
    finishWrapUp: async () => {
      await send("post", "/api/wrap-up/finish", {});
      await queryClient.invalidateQueries({ queryKey: DESK.queryKey });
      await queryClient.invalidateQueries({ queryKey: ["/api/me"] });
    },
  };
}
