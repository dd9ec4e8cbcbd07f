export { applyPhoneEvent } from "./apply-event";
export { asIceServers, BrowserLeg, type LegState } from "./browser-leg";
export { phone } from "./feature";
export { LevelMeter } from "./LevelMeter";
export { closeMicrophone, hushMicrophone, microphone, microphoneState, openMicrophone } from "./microphone";
export { MicrophoneWarning } from "./MicrophoneWarning";
export { ownLeg, pressToSpeak } from "./own-phone";
export { usePhoneWords } from "./use-phone-words";
export { useOwnLeg } from "./use-own-leg";
