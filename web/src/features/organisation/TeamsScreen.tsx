import { Button, MultiSelect, Select, TextInput } from "@mantine/core";
import { IconHierarchy2, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { apiQuery, send, useHolds, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { confirm, DataTable, EmptyState, Page, QuickWindow, type Column } from "@/ui";
import { useChoices } from "./choices";

type Team = Schema<"TeamOut">;

/** Teams in the order of the tree, each with its depth. */
export function inTreeOrder(teams: readonly Team[]): { team: Team; depth: number }[] {
  const known = new Set(teams.map(({ id }) => id));
  const below = (parent: string | null, depth: number): { team: Team; depth: number }[] =>
    teams
      .filter((team) => (parent === null ? team.parent_id === null || !known.has(team.parent_id) : team.parent_id === parent))
      .sort((a, b) => a.name.localeCompare(b.name))
      .flatMap((team) => [{ team, depth }, ...below(team.id, depth + 1)]);
  return below(null, 0);
}

const COLUMNS: readonly Column<{ team: Team; depth: number }>[] = [
  {
    id: "name",
    header: t("teams.name"),
    narrow: "title",
    cell: ({ team, depth }) => <span style={{ paddingInlineStart: depth * 22 }}>{team.name}</span>,
  },
  { id: "supervisors", header: t("teams.supervisors"), cell: ({ team }) => team.supervisors.map(({ name }) => name).join(", ") || "–" },
  { id: "members", header: t("teams.members"), width: 110, align: "end", cell: ({ team }) => team.member_count },
];

/** Organisation › Teams: nested, with the supervisors who answer for each. */
export default function TeamsScreen() {
  const mayAdd = useHolds("manage_teams");
  const teams = useLiveQuery(["organisation"], apiQuery("/api/teams"));
  const { people } = useChoices();
  const [edited, setEdited] = useState<Team | "new" | null>(null);
  const given = edited === "new" ? null : edited;
  return (
    <Page
      title={t("teams.title")}
      lead={t("teams.lead")}
      actions={
        mayAdd && (
          <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setEdited("new")}>
            {t("teams.add")}
          </Button>
        )
      }
    >
      <DataTable
        label={t("teams.title")}
        columns={COLUMNS}
        rows={teams.data && inTreeOrder(teams.data)}
        problem={teams.error}
        onRetry={teams.refetch}
        rowId={({ team }) => team.id}
        rowName={({ team }) => team.name}
        onOpen={({ team }) => team.abilities.change && setEdited(team)}
        actions={({ team }) => [
          { id: "edit", label: t("action.edit"), keys: "e", ability: team.abilities.change, run: () => setEdited(team) },
          {
            id: "delete",
            label: t("action.delete"),
            ability: team.abilities.delete,
            run: () =>
              confirm({
                title: t("teams.delete", { name: team.name }),
                text: t("teams.delete.text"),
                action: t("action.delete"),
                run: async () => {
                  await send("delete", "/api/teams/{team_id}", { params: { path: { team_id: team.id } } });
                  await teams.refetch();
                },
              }),
          },
        ]}
        empty={<EmptyState icon={IconHierarchy2} title={t("teams.empty.title")} text={t("teams.empty.text")} />}
      />
      <QuickWindow
        key={given?.id ?? "new"}
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={given ? t("teams.edit", { name: given.name }) : t("teams.add")}
        draftKey={given ? `team.${given.id}` : "team.new"}
        version={given?.version}
        initial={{ name: given?.name ?? "", parent_id: given?.parent_id ?? "", supervisor_ids: given?.supervisors.map(({ id }) => id) ?? [] }}
        validate={({ name }) => ({ name: name.trim() === "" ? t("teams.name.missing") : undefined })}
        onSubmit={async ({ name, parent_id, supervisor_ids }, version) => {
          const body = { name, parent_id: parent_id === "" ? null : parent_id, supervisor_ids };
          if (given) await send("patch", "/api/teams/{team_id}", { params: { path: { team_id: given.id } }, body: { ...body, version } });
          else await send("post", "/api/teams", { body });
          await teams.refetch();
        }}
      >
        {(form) => (
          <>
            <TextInput label={t("teams.name")} withAsterisk data-autofocus {...form.field("name")} />
            <Select
              label={t("teams.parent")}
              data={(teams.data ?? []).filter(({ id }) => id !== given?.id).map(({ id, name }) => ({ value: id, label: name }))}
              searchable
              clearable
              {...form.field("parent_id")}
              onChange={(value) => form.set("parent_id", value ?? "")}
            />
            <MultiSelect label={t("teams.supervisors")} data={people} searchable {...form.field("supervisor_ids")} onChange={(value) => form.set("supervisor_ids", value)} />
          </>
        )}
      </QuickWindow>
    </Page>
  );
}
