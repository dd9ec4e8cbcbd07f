import { Button, TextInput } from "@mantine/core";
import { IconListCheck, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { apiQuery, send, useHolds, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { DataTable, EmptyState, QuickWindow, Section, StateBadge, type Column } from "@/ui";

type Code = Schema<"ResultCodeOut">;

const COLUMNS: readonly Column<Code>[] = [
  { id: "label", header: t("result_codes.label"), narrow: "title", cell: (row) => row.label },
  { id: "code", header: t("result_codes.code"), cell: (row) => <code>{row.code}</code> },
  {
    id: "state",
    header: t("queues.state"),
    width: 120,
    narrow: "side",
    cell: (row) => <StateBadge state={row.is_active ? "live" : "ended"}>{t(row.is_active ? "users.active" : "users.inactive")}</StateBadge>,
  },
];

/** The coded outcomes that an agent can set; one that was used is switched off, not deleted. */
export function ResultCodes() {
  const mayManage = useHolds("manage_queues");
  const codes = useLiveQuery(["queues"], apiQuery("/api/result-codes"));
  const [isAdding, setAdding] = useState(false);
  const setActive = (code: Code, is_active: boolean) => async () => {
    await send("patch", "/api/result-codes/{code_id}", { params: { path: { code_id: code.id } }, body: { is_active } });
    await codes.refetch();
  };
  return (
    <Section
      title={t("result_codes.title")}
      actions={
        mayManage && (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => setAdding(true)}>
            {t("result_codes.add")}
          </Button>
        )
      }
    >
      <DataTable
        label={t("result_codes.title")}
        columns={COLUMNS}
        rows={codes.data}
        problem={codes.error}
        onRetry={codes.refetch}
        rowId={(row) => row.id}
        rowName={(row) => row.label}
        actions={(row) => [
          {
            id: "toggle",
            label: t(row.is_active ? "result_codes.switch_off" : "result_codes.switch_on"),
            ability: mayManage ? "always" : undefined,
            run: setActive(row, !row.is_active),
          },
        ]}
        empty={<EmptyState icon={IconListCheck} title={t("result_codes.title")} text={t("result_codes.empty")} />}
      />
      <QuickWindow
        opened={isAdding}
        onClose={() => setAdding(false)}
        title={t("result_codes.add")}
        draftKey="result_code.new"
        initial={{ code: "", label: "" }}
        onSubmit={async (body) => {
          await send("post", "/api/result-codes", { body });
          await codes.refetch();
        }}
      >
        {(form) => (
          <>
            <TextInput label={t("result_codes.label")} withAsterisk data-autofocus {...form.field("label")} />
            <TextInput label={t("result_codes.code")} withAsterisk {...form.field("code")} />
          </>
        )}
      </QuickWindow>
    </Section>
  );
}
