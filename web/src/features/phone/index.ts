export { applyPhoneEvent } from "./apply-event";
export { asIceServers, BrowserLeg, type LegState } from "./browser-leg";
export { phone } from "./feature";
export { LevelMeter } from "./LevelMeter";
export { closeMicrophone, microphoneState, openMicrophone } from "./microphone";
export { ownLeg } from "./own-phone";
