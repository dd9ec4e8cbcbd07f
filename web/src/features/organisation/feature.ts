import { IconHierarchy2, IconShieldLock, IconStack2, IconUser, IconUsersGroup } from "@tabler/icons-react";
import { defineFeature } from "@/ui";
import { peoplePalette } from "./palette";

/** Organisation: users, teams, groups, roles, queues. */
export const organisation = defineFeature({
  name: "organisation",
  screens: [
    { path: "/organisation/users", title: "users.title", needs: "view_users", load: () => import("./UsersScreen") },
    { path: "/organisation/teams", title: "teams.title", needs: "manage_teams", load: () => import("./TeamsScreen") },
    { path: "/organisation/groups", title: "groups.title", needs: "manage_groups", load: () => import("./GroupsScreen") },
    { path: "/organisation/roles", title: "roles.title", needs: "manage_roles", load: () => import("./RolesScreen") },
    { path: "/organisation/queues", title: "queue_admin.title", needs: "manage_queues", load: () => import("./QueuesAdminScreen") },
  ],
  navigation: [
    { group: "organisation", order: 10, label: "users.title", to: "/organisation/users", icon: IconUser, keys: "g u", needs: "view_users" },
    { group: "organisation", order: 20, label: "teams.title", to: "/organisation/teams", icon: IconHierarchy2, keys: "g t", needs: "manage_teams" },
    { group: "organisation", order: 30, label: "groups.title", to: "/organisation/groups", icon: IconUsersGroup, needs: "manage_groups" },
    { group: "organisation", order: 40, label: "roles.title", to: "/organisation/roles", icon: IconShieldLock, keys: "g r", needs: "manage_roles" },
    { group: "organisation", order: 50, label: "queue_admin.title", to: "/organisation/queues", icon: IconStack2, needs: "manage_queues" },
  ],
  palette: [peoplePalette],
});
