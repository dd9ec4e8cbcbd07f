import { Anchor, Button, MultiSelect, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { IconPlus, IconStack2 } from "@tabler/icons-react";
import { useState } from "react";
import { apiQuery, client, send, useHolds, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { confirm, DataTable, EmptyState, notifyProblem, Page, QuickWindow, StateBadge, type Column } from "@/ui";
import { useChoices } from "./choices";
import { ResultCodes } from "./ResultCodes";

type Queue = Schema<"QueueOut">;

const COLUMNS: readonly Column<Queue>[] = [
  { id: "name", header: t("queue_admin.name"), narrow: "title", cell: (row) => row.name },
  {
    id: "address",
    header: t("queue_admin.address"),
    cell: (row) => (
      <Anchor href={`/c/${row.slug}`} target="_blank" rel="noreferrer" onClick={(event) => event.stopPropagation()}>
        /c/{row.slug}
      </Anchor>
    ),
  },
  { id: "team", header: t("users.team"), width: 150, cell: (row) => row.team?.name ?? "–" },
  { id: "members", header: t("queue_admin.members"), width: 100, align: "end", cell: (row) => row.member_count },
  { id: "offer", header: t("queue_admin.offer_seconds"), width: 120, align: "end", narrow: "hidden", cell: (row) => row.offer_seconds },
  { id: "wrap_up", header: t("queue_admin.wrap_up_seconds"), width: 130, align: "end", narrow: "hidden", cell: (row) => row.wrap_up_seconds },
  {
    id: "state",
    header: t("queues.state"),
    width: 110,
    narrow: "side",
    cell: (row) => <StateBadge state={row.is_open ? "live" : "ended"}>{t(row.is_open ? "queues.open" : "queues.closed")}</StateBadge>,
  },
];

/** Organisation › Queues: waiting lines, who answers them, and the result codes of interactions. */
export default function QueuesAdminScreen() {
  const mayAdd = useHolds("manage_queues");
  const queues = useLiveQuery(["queues"], apiQuery("/api/queues"));
  const { people, teams } = useChoices();
  const [edited, setEdited] = useState<Schema<"QueueDetailOut"> | "new" | null>(null);
  const given = edited === "new" ? null : edited;
  const open = async (queue: Queue) => {
    try {
      const { data } = await client.GET("/api/queues/{queue_id}", { params: { path: { queue_id: queue.id } } });
      if (data) setEdited(data);
    } catch (error) {
      notifyProblem(error);
    }
  };
  return (
    <Page
      title={t("queue_admin.title")}
      lead={t("queue_admin.lead")}
      actions={
        mayAdd && (
          <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setEdited("new")}>
            {t("queue_admin.add")}
          </Button>
        )
      }
    >
      <DataTable
        label={t("queue_admin.title")}
        columns={COLUMNS}
        rows={queues.data}
        problem={queues.error}
        onRetry={queues.refetch}
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
                title: t("queue_admin.delete", { name: row.name }),
                action: t("action.delete"),
                run: async () => {
                  await send("delete", "/api/queues/{queue_id}", { params: { path: { queue_id: row.id } } });
                  await queues.refetch();
                },
              }),
          },
        ]}
        empty={<EmptyState icon={IconStack2} title={t("queues.empty.title")} text={t("queues.empty.text")} />}
      />
      <ResultCodes />
      <QuickWindow
        key={given?.id ?? "new"}
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={given ? t("queue_admin.edit", { name: given.name }) : t("queue_admin.add")}
        draftKey={given ? `queue.${given.id}` : "queue.new"}
        version={given?.version}
        initial={{
          name: given?.name ?? "",
          slug: given?.slug ?? "",
          team_id: given?.team?.id ?? "",
          pbx_queue: given?.pbx_queue ?? "",
          member_ids: given?.members.map(({ id }) => id) ?? [],
          offer_seconds: given?.offer_seconds ?? 20,
          wrap_up_seconds: given?.wrap_up_seconds ?? 30,
          is_open: given?.is_open ?? true,
        }}
        onSubmit={async ({ team_id, ...values }, version) => {
          const body = { ...values, team_id: team_id === "" ? null : team_id };
          if (given) await send("patch", "/api/queues/{queue_id}", { params: { path: { queue_id: given.id } }, body: { ...body, version } });
          else await send("post", "/api/queues", { body });
          await queues.refetch();
        }}
      >
        {(form) => (
          <>
            <TextInput label={t("queue_admin.name")} withAsterisk data-autofocus {...form.field("name")} />
            <TextInput label={t("queue_admin.slug")} description={t("queue_admin.slug.hint")} withAsterisk {...form.field("slug")} />
            <Select label={t("users.team")} data={teams} searchable clearable {...form.field("team_id")} onChange={(value) => form.set("team_id", value ?? "")} />
            <TextInput label={t("queue_admin.pbx_queue")} description={t("queue_admin.pbx_queue.hint")} {...form.field("pbx_queue")} />
            <MultiSelect label={t("queue_admin.members")} data={people} searchable {...form.field("member_ids")} onChange={(value) => form.set("member_ids", value)} />
            <NumberInput label={t("queue_admin.offer_seconds")} min={5} max={3600} {...form.field("offer_seconds")} onChange={(value) => form.set("offer_seconds", Number(value))} />
            <NumberInput label={t("queue_admin.wrap_up_seconds")} min={5} max={3600} {...form.field("wrap_up_seconds")} onChange={(value) => form.set("wrap_up_seconds", Number(value))} />
            <Switch label={t("queue_admin.is_open")} checked={form.values.is_open} onChange={(event) => form.set("is_open", event.currentTarget.checked)} />
          </>
        )}
      </QuickWindow>
    </Page>
  );
}
