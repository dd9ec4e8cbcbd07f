import { PasswordInput } from "@mantine/core";
import { send, useMe } from "@/api";
import { t } from "@/lib/texts";
import { notifyDone, QuickWindow } from "@/ui";
import type { User } from "./UsersScreen";

/** Sets a user's password; one's own needs the current one. */
export function PasswordWindow({ user, onClose }: { user: User | null; onClose: () => void }) {
  const me = useMe();
  const isOwn = user?.id === me.user.id;
  return (
    <QuickWindow
      opened={user !== null}
      onClose={onClose}
      title={t("users.password.title", { name: user?.name ?? "" })}
      draftKey="user.password"
      initial={{ current_password: "", password: "" }}
      secrets={["password", "current_password"]}
      onSubmit={async (body) => {
        if (user === null) return;
        await send("post", "/api/users/{user_id}/password", { params: { path: { user_id: user.id } }, body });
        notifyDone(t("users.password.done", { name: user.name }));
      }}
    >
      {(form) => (
        <>
          {isOwn && <PasswordInput label={t("users.password.current")} autoComplete="current-password" {...form.field("current_password")} />}
          <PasswordInput label={t("users.password")} description={t("users.password.hint")} autoComplete="new-password" {...form.field("password")} />
        </>
      )}
    </QuickWindow>
  );
}
