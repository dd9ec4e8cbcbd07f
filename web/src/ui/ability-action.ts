import { useCallback, useEffect, useRef, useState } from "react";
import type { Ability } from "@/api";
import { notifyProblem } from "./notify";

/** What a control can do now. */
export interface AbilityAction {
  /** False: this person will never be allowed; render nothing. */
  readonly isOffered: boolean;
  readonly isRunning: boolean;
  /** Why not now; a sentence. Undefined: it may be used. */
  readonly reason: string | undefined;
  /** Does it, unless refused or already running. Failures are shown, not thrown. */
  readonly press: () => void;
}

/**
 * The behaviour of a control that depends on an ability, for buttons, menu lines and keys alike.
 *
 * `ability` undefined means "not offered"; pass `"always"` for a control that no rule guards.
 */
export function useAbilityAction({
  ability,
  run,
  onProblem = notifyProblem,
}: {
  ability: Ability | "always" | undefined;
  run: () => unknown;
  onProblem?: (error: unknown) => void;
}): AbilityAction {
  const [isRunning, setRunning] = useState(false);
  const running = useRef(false);
  const isMounted = useRef(true);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);

  const isAllowed = ability === "always" || ability?.allowed === true;
  const press = useCallback(() => {
    if (!isAllowed || running.current) return;
    running.current = true;
    setRunning(true);
    void Promise.resolve()
      .then(run)
      .catch(onProblem)
      .finally(() => {
        running.current = false;
        if (isMounted.current) setRunning(false);
      });
  }, [isAllowed, run, onProblem]);

  const refusal = typeof ability === "object" && !ability.allowed ? (ability.refusal?.text ?? "") : undefined;
  return { isOffered: ability !== undefined, isRunning, reason: refusal, press };
}
