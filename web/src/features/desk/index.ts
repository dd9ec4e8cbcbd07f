export { applyDeskEvent } from "./apply-event";
export { desk } from "./feature";
export { otherEnd } from "./CallDock";
export { useDesk } from "./use-desk";
