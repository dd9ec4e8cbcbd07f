import { defineFeature } from "@/ui";

/** The page on which a customer calls. */
export const customer = defineFeature({
  name: "customer",
  screens: [{ path: "/c/$slug", title: "customer.title", frame: "bare", load: () => import("./CustomerScreen") }],
});
