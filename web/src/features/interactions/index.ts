export { applyInteractionEvent } from "./apply-event";
export { interactionColumns, Length } from "./columns";
export { interactions } from "./feature";
export { isLiveEvent, rowsAfter, type LiveEvent } from "./live-rows";
export { LiveStateBadge, type LiveState } from "./LiveStateBadge";
export { liveTopics, useFilterChoices, useInteractionTopics, type InteractionRow } from "./use-interactions";
