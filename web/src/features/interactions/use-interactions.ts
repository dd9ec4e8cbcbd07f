import { apiPages, apiQuery, holds, meQuery, useEveryRow, useMe, type Me, type Permission, type Schema } from "@/api";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

export type InteractionRow = Schema<"InteractionRowOut">;
export type InteractionDetail = Schema<"InteractionDetailOut">;

/** The topics that tell of everything `me` may see by `permission`: one for all, or one a team. */
export function liveTopics(me: Me, permission: Permission, all: string, ofTeam: string): string[] {
  const scopes = me.permissions.filter((grant) => grant.permission === permission).map((grant) => grant.scope);
  if (scopes.includes("all")) return [all];
  return scopes.includes("own_teams") ? me.own_team_ids.map((id) => `${ofTeam}:${id}`) : [];
}

/** The topics of a live list of interactions with their listeners. */
export function useInteractionTopics(): string[] {
  const me = useMe();
  return [
    ...liveTopics(me, "view_interactions", "interactions", "team-interactions"),
    ...liveTopics(me, "view_engagements", "engagements", "team-engagements"),
  ];
}

/** Teams, queues and agents as choices of a filter; empty for who may not see them. */
export function useFilterChoices() {
  const me = useQuery(meQuery()).data;
  const teams = useQuery({ ...apiQuery("/api/teams"), enabled: me !== undefined && holds(me, ["manage_teams", "view_users"]) });
  const queues = useQuery({ ...apiQuery("/api/queues/live"), enabled: me !== undefined && holds(me, "view_queues") });
  const agents = useEveryRow(
    useInfiniteQuery({ ...apiPages("/api/agents"), enabled: me !== undefined && holds(me, "view_users") }),
  );
  return {
    agents: (agents ?? []).map(({ user }) => ({ value: user.id, label: user.name })),
    teams: (teams.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
    queues: (queues.data ?? []).map(({ queue }) => ({ value: queue.id, label: queue.name })),
  };
}
