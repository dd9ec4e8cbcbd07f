import { defineFeature } from "@/ui";
import { PhoneCompanion } from "./PhoneCompanion";
import { PhoneMenu } from "./PhoneMenu";

/** The browser phone: connected while one is signed in, shown in the top bar. */
export const phone = defineFeature({
  name: "phone",
  topBar: [
    { id: "phone", order: 40, needs: ["take_calls", "monitor", "coach", "barge", "barge_kick"], Component: PhoneMenu },
  ],
  companions: [PhoneCompanion],
});
