import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { IconPlus, IconShieldLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { apiQuery, send, useHolds, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { confirm, DataTable, EmptyState, Page, QuickWindow, type Column } from "@/ui";
import classes from "./organisation.module.css";

type Role = Schema<"RoleOut">;
type Grant = Schema<"Grant">;

const COLUMNS: readonly Column<Role>[] = [
  { id: "name", header: t("roles.name"), width: 190, narrow: "title", cell: (row) => row.name },
  { id: "description", header: t("roles.description"), cell: (row) => row.description },
  { id: "kind", header: t("roles.kind"), width: 110, narrow: "side", cell: (row) => t(row.is_shipped ? "roles.shipped" : "roles.custom") },
  { id: "grants", header: t("roles.permissions"), width: 120, align: "end", cell: (row) => row.grants.length },
  { id: "users", header: t("roles.users"), width: 90, align: "end", cell: (row) => row.user_count },
];

function Grants({ grants, onChange, isReadOnly }: { grants: readonly Grant[]; onChange: (next: Grant[]) => void; isReadOnly: boolean }) {
  const permissions = useQuery(apiQuery("/api/permissions")).data ?? [];
  return (
    <fieldset className={classes.grants} disabled={isReadOnly}>
      <legend className={classes.legend}>{t("roles.permissions")}</legend>
      {permissions.map(({ permission, meaning, scopes, grantable }) => {
        const held = grants.find((grant) => grant.permission === permission)?.scope ?? "";
        return (
          <div key={permission} className={classes.grant}>
            <span>{meaning}</span>
            <Select
              size="xs"
              w={150}
              aria-label={meaning}
              data={[
                { value: "", label: t("roles.scope.none") },
                ...scopes.map((scope) => ({
                  value: scope,
                  label: t(`roles.scope.${scope}`),
                  disabled: !grantable.includes(scope) && held !== scope,
                })),
              ]}
              value={held}
              allowDeselect={false}
              disabled={isReadOnly}
              onChange={(scope) =>
                onChange([
                  ...grants.filter((grant) => grant.permission !== permission),
                  ...(scope ? [{ permission, scope: scope as Grant["scope"] }] : []),
                ])
              }
            />
          </div>
        );
      })}
    </fieldset>
  );
}

/** Organisation › Roles: shipped ones to look at and copy, custom ones to make. */
export default function RolesScreen() {
  const mayAdd = useHolds("manage_roles");
  const roles = useLiveQuery(["organisation"], apiQuery("/api/roles"));
  const [edited, setEdited] = useState<{ role: Role | null; from?: Role } | null>(null);
  const given = edited?.role ?? null;
  const isReadOnly = given !== null && given.abilities.change === undefined;
  const source = given ?? edited?.from ?? null;
  return (
    <Page
      title={t("roles.title")}
      lead={t("roles.lead")}
      actions={
        mayAdd && (
          <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setEdited({ role: null })}>
            {t("roles.add")}
          </Button>
        )
      }
    >
      <DataTable
        label={t("roles.title")}
        columns={COLUMNS}
        rows={roles.data}
        problem={roles.error}
        onRetry={roles.refetch}
        rowId={(row) => row.id}
        rowName={(row) => row.name}
        onOpen={(role) => setEdited({ role })}
        actions={(role) => [
          { id: "edit", label: t("action.edit"), keys: "e", ability: role.abilities.change, run: () => setEdited({ role }) },
          { id: "copy", label: t("roles.copy"), ability: mayAdd ? "always" : undefined, run: () => setEdited({ role: null, from: role }) },
          {
            id: "delete",
            label: t("action.delete"),
            ability: role.abilities.delete,
            run: () =>
              confirm({
                title: t("roles.delete", { name: role.name }),
                action: t("action.delete"),
                run: async () => {
                  await send("delete", "/api/roles/{role_id}", { params: { path: { role_id: role.id } } });
                  await roles.refetch();
                },
              }),
          },
        ]}
        empty={<EmptyState icon={IconShieldLock} title={t("roles.title")} text={t("roles.lead")} />}
      />
      <QuickWindow
        key={source === null ? "new" : `${source.id} ${given === null ? "copy" : ""}`}
        opened={edited !== null}
        onClose={() => setEdited(null)}
        size="lg"
        title={given === null ? t("roles.add") : isReadOnly ? given.name : t("roles.edit", { name: given.name })}
        draftKey={given ? `role.${given.id}` : `role.new.${source?.id ?? ""}`}
        version={given?.version}
        submitLabel={isReadOnly ? t("action.close") : undefined}
        initial={{
          name: given === null && source !== null ? t("roles.copy_of", { name: source.name }) : (source?.name ?? ""),
          description: source?.description ?? "",
          grants: [...(source?.grants ?? [])],
        }}
        validate={({ name }) => ({ name: name.trim() === "" ? t("roles.name.missing") : undefined })}
        onSubmit={async (body, version) => {
          if (isReadOnly) return;
          if (given) await send("patch", "/api/roles/{role_id}", { params: { path: { role_id: given.id } }, body: { ...body, version } });
          else await send("post", "/api/roles", { body });
          await roles.refetch();
        }}
      >
        {(form) => (
          <>
            <TextInput label={t("roles.name")} withAsterisk readOnly={isReadOnly} {...form.field("name")} />
            <Textarea label={t("roles.description")} readOnly={isReadOnly} minRows={2} {...form.field("description")} />
            <Grants grants={form.values.grants} isReadOnly={isReadOnly} onChange={(next) => form.set("grants", next)} />
          </>
        )}
      </QuickWindow>
    </Page>
  );
}
