export { applyPresenceEvent } from "./apply-event";
export { presence } from "./feature";
export { PresenceLabel } from "./PresenceLabel";
