import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { asProblem, meQuery, openSession, session } from "@/api";
import { SignInScreen } from "@/features/sign-in";
import { useStore } from "@/lib/store";
import { ProblemAlert } from "@/ui";
import classes from "./SessionGate.module.css";
import { ShellSkeleton } from "./shell/ShellSkeleton";

/**
 * Shows the screens to those who are signed in, and the sign-in to the others, at the same address.
 *
 * A session that ends in the middle of work leaves the screens standing, out of reach behind the sign-in, so that what
 * was typed is still there when the same person signs in again. Another person gets fresh screens.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const state = useStore(session);
  const queryClient = useQueryClient();
  const me = useQuery({ ...meQuery(), enabled: state === "unknown" || state === "open", retryOnMount: false });
  const known = me.data;

  useEffect(() => {
    if (state === "unknown" && known) openSession(known);
  }, [state, known]);

  if (state === "closed") return <SignInScreen />;
  if (state === "unknown") {
    if (me.isError && asProblem(me.error).status !== 401) {
      return (
        <div className={classes.failed}>
          <ProblemAlert problem={me.error} onRetry={() => queryClient.resetQueries({ queryKey: meQuery().queryKey })} />
        </div>
      );
    }
    return <ShellSkeleton />;
  }
  return (
    <>
      {known && (
        <div key={known.user.id} inert={state === "lost"} className={classes.standing}>
          {children}
        </div>
      )}
      {state === "lost" && (
        <div className={classes.over}>
          <SignInScreen isReturning />
        </div>
      )}
    </>
  );
}
