import { IconHeadphones } from "@tabler/icons-react";
import { defineFeature } from "@/ui";

/** Quality › Coach Manager. */
export const coachManager = defineFeature({
  name: "coach-manager",
  screens: [{ path: "/quality/coach-manager", title: "coach_manager.title", needs: "view_engagements", load: () => import("./CoachManagerScreen") }],
  navigation: [
    { group: "quality", order: 10, label: "coach_manager.title", to: "/quality/coach-manager", icon: IconHeadphones, keys: "g m", needs: "view_engagements" },
  ],
});
