import { IconHeadset } from "@tabler/icons-react";
import { defineFeature } from "@/ui";
import { CallDock } from "./CallDock";

/** Desk: the calls one is on, on a screen of its own and in the dock. */
export const desk = defineFeature({
  name: "desk",
  screens: [{ path: "/desk", title: "desk.title", needs: ["take_calls", "barge_kick"], load: () => import("./DeskScreen") }],
  navigation: [{ group: "work", order: 20, label: "desk.title", to: "/desk", icon: IconHeadset, keys: "g d", needs: "take_calls" }],
  docks: [{ id: "call", order: 10, needs: ["take_calls", "barge_kick"], Component: CallDock }],
});
