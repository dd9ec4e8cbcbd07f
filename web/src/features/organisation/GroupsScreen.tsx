import { Button, MultiSelect, TextInput } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useState } from "react";
import { client, apiQuery, send, useHolds, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { confirm, DataTable, EmptyState, notifyProblem, Page, QuickWindow, type Column } from "@/ui";
import { useChoices } from "./choices";

type Group = Schema<"GroupOut">;

const COLUMNS: readonly Column<Group>[] = [
  { id: "name", header: t("groups.name"), narrow: "title", cell: (row) => row.name },
  { id: "members", header: t("groups.members"), width: 120, align: "end", cell: (row) => row.member_count },
];

/** Organisation › Groups: people picked together across teams. */
export default function GroupsScreen() {
  const mayAdd = useHolds("manage_groups");
  const groups = useLiveQuery(["organisation"], apiQuery("/api/groups"));
  const { people } = useChoices();
  const [edited, setEdited] = useState<Schema<"GroupDetail"> | "new" | null>(null);
  const given = edited === "new" ? null : edited;
  const open = async (group: Group) => {
    try {
      const { data } = await client.GET("/api/groups/{group_id}", { params: { path: { group_id: group.id } } });
      if (data) setEdited(data);
    } catch (error) {
      notifyProblem(error);
    }
  };
  return (
    <Page
      title={t("groups.title")}
      lead={t("groups.lead")}
      actions={
        mayAdd && (
          <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setEdited("new")}>
            {t("groups.add")}
          </Button>
        )
      }
    >
      <DataTable
        label={t("groups.title")}
        columns={COLUMNS}
        rows={groups.data}
        problem={groups.error}
        onRetry={groups.refetch}
        rowId={(row) => row.id}
        rowName={(row) => row.name}
        onOpen={(row) => row.abilities.change && void open(row)}
        actions={(row) => [
          { id: "edit", label: t("action.edit"), keys: "e", ability: row.abilities.change, run: () => open(row) },
          {
            id: "delete",
            label: t("action.delete"),
            ability: row.abilities.delete,
            run: () =>
              confirm({
                title: t("groups.delete", { name: row.name }),
                action: t("action.delete"),
                run: async () => {
                  await send("delete", "/api/groups/{group_id}", { params: { path: { group_id: row.id } } });
                  await groups.refetch();
                },
              }),
          },
        ]}
        empty={<EmptyState icon={IconUsersGroup} title={t("groups.empty.title")} text={t("groups.empty.text")} />}
      />
      <QuickWindow
        key={given?.id ?? "new"}
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={given ? t("groups.edit", { name: given.name }) : t("groups.add")}
        draftKey={given ? `group.${given.id}` : "group.new"}
        version={given?.version}
        initial={{ name: given?.name ?? "", member_ids: given?.members.map(({ id }) => id) ?? [] }}
        validate={({ name }) => ({ name: name.trim() === "" ? t("groups.name.missing") : undefined })}
        onSubmit={async (body, version) => {
          if (given) await send("patch", "/api/groups/{group_id}", { params: { path: { group_id: given.id } }, body: { ...body, version } });
          else await send("post", "/api/groups", { body });
          await groups.refetch();
        }}
      >
        {(form) => (
          <>
            <TextInput label={t("groups.name")} withAsterisk data-autofocus {...form.field("name")} />
            <MultiSelect label={t("groups.members")} data={people} searchable {...form.field("member_ids")} onChange={(value) => form.set("member_ids", value)} />
          </>
        )}
      </QuickWindow>
    </Page>
  );
}
