import { IconEar, IconHeadphones, IconMicrophone2, IconUserShare, type Icon } from "@tabler/icons-react";
import type { Schema } from "@/api";
import { t, type PlainTextKey } from "@/lib/texts";

/** What a supervisor does on an interaction. */
export type Mode = Schema<"Mode">;

/** The modes in the order in which a supervisor becomes more audible, with the key and the picture of each. */
export const MODES: readonly { mode: Mode; keys: string; icon: Icon; verb: PlainTextKey; doing: PlainTextKey }[] = [
  { mode: "monitor", keys: "m", icon: IconEar, verb: "engagement.verb.monitor", doing: "engagement.doing.monitor" },
  { mode: "coach", keys: "c", icon: IconHeadphones, verb: "engagement.verb.coach", doing: "engagement.doing.coach" },
  { mode: "barge", keys: "b", icon: IconMicrophone2, verb: "engagement.verb.barge", doing: "engagement.doing.barge" },
  {
    mode: "barge_kick",
    keys: "k",
    icon: IconUserShare,
    verb: "engagement.verb.barge_kick",
    doing: "engagement.doing.barge_kick",
  },
];

/** How a mode is shown. */
export function modeLook(mode: Mode) {
  return MODES.find((each) => each.mode === mode) ?? MODES[0]!;
}

/** Why somebody who is engaged hears nothing now, in words; null when they hear. */
export function standingText({ state }: { readonly state: string }): string | null {
  if (state === "lost") return t("engagement.state.lost");
  return state === "connecting" ? t("engagement.state.connecting") : null;
}
