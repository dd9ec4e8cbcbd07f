import { defineFeature } from "@/ui";
import { EngagementDock } from "./EngagementDock";
import { ReasonWindow } from "./ReasonWindow";

const SUPERVISING = ["monitor", "coach", "barge", "barge_kick"] as const;

/** Supervising: the dock of one's running engagement, and the actions that every list of interactions offers. */
export const engagements = defineFeature({
  name: "engagements",
  docks: [{ id: "engagement", order: 20, needs: SUPERVISING, Component: EngagementDock }],
  companions: [ReasonWindow],
});
