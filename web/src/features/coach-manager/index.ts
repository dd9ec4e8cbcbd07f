export { applyCoachingEvent } from "./apply-event";
export { coachManager } from "./feature";
export { usersAfter } from "./live-users";
