import { defineFeature } from "@/ui";
import { OwnTopic } from "./OwnTopic";
import { PresenceMenu } from "./PresenceMenu";

/** One's own presence, in the top bar. */
export const presence = defineFeature({
  name: "presence",
  topBar: [{ id: "presence", order: 50, Component: PresenceMenu }],
  companions: [OwnTopic],
});
