import { IconHome } from "@tabler/icons-react";
import { defineFeature } from "@/ui";

const SUPERVISING = ["monitor", "coach", "barge", "view_engagements"] as const;

/** Home: live tiles for who supervises. Others begin at the first screen they have. */
export const home = defineFeature({
  name: "home",
  screens: [{ path: "/home", title: "home.nav", needs: SUPERVISING, load: () => import("./HomeScreen") }],
  navigation: [{ group: "work", order: 10, label: "home.nav", to: "/home", icon: IconHome, keys: "g h", needs: SUPERVISING }],
});
