import { IconUser } from "@tabler/icons-react";
import { client } from "@/api";
import type { PaletteProvider } from "@/ui";

/** Finds users by name or e-mail address. */
export const peoplePalette: PaletteProvider = {
  id: "users",
  heading: "users.title",
  needs: "view_users",
  search: async (query, signal) => {
    const { data } = await client.GET("/api/users", { params: { query: { search: query, size: 6 } }, signal });
    return (data?.items ?? []).map((user) => ({
      id: `user ${user.id}`,
      label: user.name,
      hint: user.team_name ?? user.email,
      icon: IconUser,
      to: `/organisation/users?search=${encodeURIComponent(user.name)}`,
    }));
  },
};
