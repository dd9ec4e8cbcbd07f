import { Button } from "@mantine/core";
import { IconUserPlus, IconUsers } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { apiPages, rowsOf, send, useHolds, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { useTopic } from "@/realtime";
import { confirm, DataTable, EmptyState, FilterBar, Page, PersonName, StateBadge, useFilters, type Column, type Filter } from "@/ui";
import { useChoices } from "./choices";
import { PasswordWindow } from "./PasswordWindow";
import { UserWindow } from "./UserWindow";

export type User = Schema<"UserOut">;

const COLUMNS: readonly Column<User>[] = [
  { id: "name", header: t("users.name"), narrow: "title", cell: (row) => <PersonName name={row.name} withInitials /> },
  { id: "email", header: t("users.email"), cell: (row) => row.email },
  { id: "team", header: t("users.team"), width: 150, cell: (row) => row.team_name ?? "–" },
  { id: "roles", header: t("users.roles"), cell: (row) => row.roles.map(({ name }) => name).join(", ") },
  { id: "supervises", header: t("users.supervises"), narrow: "hidden", cell: (row) => row.supervises.map(({ name }) => name).join(", ") || "–" },
  {
    id: "state",
    header: t("users.state"),
    width: 110,
    narrow: "side",
    cell: (row) => <StateBadge state={row.is_active ? "live" : "ended"}>{t(row.is_active ? "users.active" : "users.inactive")}</StateBadge>,
  },
];

/** Organisation › Users. */
export default function UsersScreen() {
  const { teams, roles } = useChoices();
  const mayAdd = useHolds("manage_users");
  const [edited, setEdited] = useState<User | "new" | null>(null);
  const [passwordOf, setPasswordOf] = useState<User | null>(null);
  const definitions = useMemo<readonly Filter[]>(
    () => [
      { id: "search", kind: "text", label: t("users.search") },
      { id: "team_id", kind: "choice", label: t("users.team"), options: teams },
      { id: "role_id", kind: "choice", label: t("users.role"), options: roles },
      {
        id: "is_active",
        kind: "choice",
        label: t("users.state"),
        options: [
          { value: "true", label: t("users.active") },
          { value: "false", label: t("users.inactive") },
        ],
      },
    ],
    [teams, roles],
  );
  const filters = useFilters(definitions);
  const { isReady } = useTopic(["organisation"]);
  const list = useInfiniteQuery({
    ...apiPages("/api/users", { params: { query: { ...filters.values, size: 100 } as never } }),
    enabled: isReady,
  });
  const setActive = (user: User, verb: "activate" | "deactivate") => async () => {
    await send("post", `/api/users/{user_id}/${verb}`, { params: { path: { user_id: user.id } } });
    await list.refetch();
  };
  return (
    <Page
      title={t("users.title")}
      lead={t("users.lead")}
      fill
      actions={
        mayAdd && (
          <Button leftSection={<IconUserPlus size={16} aria-hidden="true" />} onClick={() => setEdited("new")}>
            {t("users.add")}
          </Button>
        )
      }
    >
      <FilterBar filters={filters} />
      <DataTable
        label={t("users.title")}
        height="fill"
        columns={COLUMNS}
        rows={rowsOf(list.data)}
        problem={list.error}
        onRetry={list.refetch}
        rowId={(row) => row.id}
        rowName={(row) => row.name}
        onOpen={(row) => (row.abilities.change ?? row.abilities.assign_roles) && setEdited(row)}
        actions={(row) => [
          { id: "edit", label: t("action.edit"), keys: "e", ability: row.abilities.change ?? row.abilities.assign_roles, run: () => setEdited(row) },
          { id: "password", label: t("users.set_password"), ability: row.abilities.set_password, run: () => setPasswordOf(row) },
          {
            id: "deactivate",
            label: t("users.deactivate"),
            ability: row.abilities.deactivate,
            run: () =>
              confirm({
                title: t("users.deactivate.title", { name: row.name }),
                text: t("users.deactivate.text", { name: row.name }),
                action: t("users.deactivate"),
                run: setActive(row, "deactivate"),
              }),
          },
          { id: "activate", label: t("users.activate"), ability: row.abilities.activate, run: setActive(row, "activate") },
        ]}
        paging={{ kind: "more", hasMore: list.hasNextPage, isLoading: list.isFetchingNextPage, onMore: () => list.fetchNextPage() }}
        empty={<EmptyState icon={IconUsers} title={t("users.empty.title")} text={t("users.empty.text")} />}
      />
      <UserWindow user={edited} onClose={() => setEdited(null)} onSaved={() => list.refetch()} />
      <PasswordWindow user={passwordOf} onClose={() => setPasswordOf(null)} />
    </Page>
  );
}
