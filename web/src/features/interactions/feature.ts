import { IconPhoneCall } from "@tabler/icons-react";
import { defineFeature } from "@/ui";
import { interactionPalette } from "./palette";

/** Interactions: the live list, one of them in the third pane or on its own screen. */
export const interactions = defineFeature({
  name: "interactions",
  screens: [
    {
      path: "/performance/interactions",
      title: "interaction.title",
      needs: "view_interactions",
      load: () => import("./InteractionsScreen"),
    },
    {
      path: "/performance/interactions/$interactionId",
      title: "interaction.one",
      needs: "view_interactions",
      load: () => import("./InteractionScreen"),
    },
  ],
  navigation: [
    {
      group: "performance",
      order: 10,
      label: "interaction.title",
      to: "/performance/interactions",
      icon: IconPhoneCall,
      keys: "g i",
      needs: ["monitor", "coach", "barge", "view_engagements"],
    },
  ],
  panes: { interaction: { load: () => import("./InteractionPane") } },
  palette: [interactionPalette],
});
