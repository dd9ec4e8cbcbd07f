import type { Schema } from "@/api";
import { t } from "@/lib/texts";
import { StateBadge, type State } from "@/ui";

/** What an interaction is doing. */
export type LiveState = Schema<"LiveState">;

const STATES: Record<LiveState, State> = {
  waiting: "warning",
  offering: "warning",
  talking: "live",
  held: "held",
  consulting: "held",
  ended: "ended",
};

/** What an interaction is doing, by word, shape and colour. */
export function LiveStateBadge({ state }: { state: LiveState }) {
  return <StateBadge state={STATES[state]}>{t(`interaction.state.${state}`)}</StateBadge>;
}
