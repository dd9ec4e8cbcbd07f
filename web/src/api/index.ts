export { sendBeacon } from "./beacon";
export { client } from "./client";
export { send, useCommand, type Command, type CommandAnswer, type CommandInit } from "./command";
export { asProblem, NO_CONNECTION, Problem } from "./problem";
export { useEveryRow } from "./every-row";
export { apiPages, apiQuery, askAgain, invalidate, keyIsAbout, rowsOf, type Answer, type ReadPath } from "./queries";
export { holds, meQuery, openSession, signIn, signOut, useHolds, useMe, type Me } from "./session";
export { session, sessionLost, type SessionState } from "./session-state";
export type { Ability, Event, Page, Permission, Schema } from "./types";
