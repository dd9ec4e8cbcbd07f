import { IconSettings } from "@tabler/icons-react";
import { defineFeature } from "@/ui";

/** Settings: policies. */
export const settings = defineFeature({
  name: "settings",
  screens: [{ path: "/settings", title: "settings.title", needs: "manage_policies", load: () => import("./SettingsScreen") }],
  navigation: [{ group: "organisation", order: 90, label: "settings.title", to: "/settings", icon: IconSettings, keys: "g s", needs: "manage_policies" }],
});
