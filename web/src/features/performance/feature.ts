import { IconStack2, IconUsers } from "@tabler/icons-react";
import { defineFeature } from "@/ui";

/** Performance: agents and queues as they are now. */
export const performance = defineFeature({
  name: "performance",
  screens: [
    { path: "/performance/agents", title: "agents.title", needs: ["view_users", "view_interactions"], load: () => import("./AgentsScreen") },
    { path: "/performance/queues", title: "queues.title", needs: "view_queues", load: () => import("./QueuesScreen") },
  ],
  navigation: [
    { group: "performance", order: 20, label: "agents.title", to: "/performance/agents", icon: IconUsers, keys: "g a", needs: ["monitor", "coach", "barge", "view_engagements"] },
    { group: "performance", order: 30, label: "queues.title", to: "/performance/queues", icon: IconStack2, keys: "g q", needs: "view_queues" },
  ],
});
