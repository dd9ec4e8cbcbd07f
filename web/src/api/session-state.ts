import { createStore } from "@/lib/store";

/**
 * What this browser knows about its session.
 *
 * - `unknown`: nobody asked yet, or the answer is under way
 * - `open`: signed in
 * - `lost`: it was open and the server said no: the screens stay as they are behind the sign-in
 * - `closed`: signed out on purpose, or never signed in
 */
export type SessionState = "unknown" | "open" | "lost" | "closed";

/** The one session of this page. */
export const session = createStore<SessionState>("unknown");

let isLeaving = false;

/** The person signs out: until the returned function is called, a session found ended was not lost but closed. */
export function leaveOnPurpose(): () => void {
  isLeaving = true;
  return () => {
    isLeaving = false;
  };
}

/** The server said that there is no session. */
export function sessionLost(): void {
  session.set((now) => (!isLeaving && (now === "open" || now === "lost") ? "lost" : "closed"));
}
