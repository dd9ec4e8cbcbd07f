export { interactionColumns, Length } from "./columns";
export { interactions } from "./feature";
export { LiveStateBadge, type LiveState } from "./LiveStateBadge";
export { liveTopics, useFilterChoices, useInteractionTopics, type InteractionRow } from "./use-interactions";
