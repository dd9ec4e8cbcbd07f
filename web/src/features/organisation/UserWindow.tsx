import { MultiSelect, PasswordInput, Select, TextInput } from "@mantine/core";
import { send } from "@/api";
import { t } from "@/lib/texts";
import { QuickWindow } from "@/ui";
import { TIME_ZONES, useChoices } from "./choices";
import type { User } from "./UsersScreen";

/** Makes a user, or changes one. */
export function UserWindow({ user, onClose, onSaved }: { user: User | "new" | null; onClose: () => void; onSaved: () => unknown }) {
  const { teams, roles } = useChoices();
  const given = user === "new" ? null : user;
  return (
    <QuickWindow
      key={given?.id ?? "new"}
      opened={user !== null}
      onClose={onClose}
      title={given ? t("users.edit", { name: given.name }) : t("users.add")}
      draftKey={given ? `user.${given.id}` : "user.new"}
      version={given?.version}
      initial={{
        name: given?.name ?? "",
        email: given?.email ?? "",
        team_id: given?.team_id ?? "",
        role_ids: given?.roles.map(({ id }) => id) ?? [],
        time_zone: given?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
        password: "",
      }}
      secrets={["password"]}
      validate={(values) => ({
        name: values.name.trim() === "" ? t("users.name.missing") : undefined,
        email: values.email.trim() === "" ? t("users.email.missing") : undefined,
      })}
      onSubmit={async ({ password, team_id, ...values }, version) => {
        const body = { ...values, team_id: team_id === "" ? null : team_id };
        if (given) {
          await send("patch", "/api/users/{user_id}", { params: { path: { user_id: given.id } }, body: { ...body, version } });
        } else {
          await send("post", "/api/users", { body: { ...body, password: password === "" ? null : password } });
        }
        await onSaved();
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("users.name")} withAsterisk data-autofocus {...form.field("name")} />
          <TextInput label={t("users.email")} type="email" withAsterisk {...form.field("email")} />
          <Select label={t("users.team")} data={teams} searchable clearable {...form.field("team_id")} onChange={(value) => form.set("team_id", value ?? "")} />
          <MultiSelect label={t("users.roles")} data={roles} {...form.field("role_ids")} onChange={(value) => form.set("role_ids", value)} />
          <Select label={t("users.time_zone")} data={[...TIME_ZONES]} searchable {...form.field("time_zone")} onChange={(value) => form.set("time_zone", value ?? "UTC")} />
          {given === null && (
            <PasswordInput label={t("users.password")} description={t("users.password.hint")} autoComplete="new-password" {...form.field("password")} />
          )}
        </>
      )}
    </QuickWindow>
  );
}
