export { Connection, type ConnectionListener } from "./connection";
export { useEvent, useIsBehind, useLiveQuery, useSignal, useTopic } from "./hooks";
export { LiveCache } from "./live-cache";
export { RealtimeProvider, type ApplyEvent } from "./provider";
export type { Signal } from "./frames";
