import { IconComponents } from "@tabler/icons-react";
import type { Feature } from "@/ui";

// A plain object, not a call: the production build then leaves it out.
/** For developers only (`npm run dev`): every part of `src/ui` with something in it, at `/gallery`. */
export const gallery: Feature = {
  name: "gallery",
  screens: [{ path: "/gallery", title: "gallery.title", load: () => import("./Gallery") }],
  navigation: [{ group: "work", order: 99, label: "gallery.title", to: "/gallery", icon: IconComponents }],
  panes: { sample: { load: () => import("./SamplePane") } },
};
