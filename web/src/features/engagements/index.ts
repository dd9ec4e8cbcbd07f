export { applyOwnEngagementEvent } from "./apply-event";
export { engagements } from "./feature";
export { Listeners } from "./Listeners";
export { modeLook, MODES, standingText, type Mode } from "./modes";
export { chiefTarget, isHeard, useEngage, useRowActions, type Engagement, type RowSeat, type Supervisable } from "./use-engage";
export { useMine } from "./use-mine";
