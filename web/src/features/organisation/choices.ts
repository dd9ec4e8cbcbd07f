import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { apiPages, apiQuery, holds, useEveryRow, useMe } from "@/api";

type Choice = { value: string; label: string };

/** People, teams and roles as choices of a form; empty for who may not see them. */
export function useChoices(): { people: Choice[]; teams: Choice[]; roles: Choice[] } {
  const me = useMe();
  const people = useEveryRow(
    useInfiniteQuery({
      ...apiPages("/api/users", { params: { query: { is_active: true, size: 200 } } }),
      enabled: holds(me, "view_users"),
    }),
  );
  const teams = useQuery({ ...apiQuery("/api/teams"), enabled: holds(me, ["view_users", "manage_teams"]) }).data;
  const roles = useQuery({ ...apiQuery("/api/roles"), enabled: holds(me, ["view_users", "manage_roles"]) }).data;
  const named = (rows: readonly { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return { people: named(people), teams: named(teams), roles: named(roles) };
}

/** Time zones that the browser knows, UTC first. */
export const TIME_ZONES: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
