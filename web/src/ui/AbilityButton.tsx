import { Button, Loader, Menu, Tooltip, VisuallyHidden, type ButtonProps } from "@mantine/core";
import { useId, type MouseEvent, type ReactNode } from "react";
import type { Ability } from "@/api";
import { useAbilityAction } from "./ability-action";
import { useShortcut } from "@/lib/shortcuts";
import { t } from "@/lib/texts";
import { KeyHint } from "./KeyHint";
import { notifyRefused } from "./notify";

interface Props extends Omit<ButtonProps, "onClick" | "disabled" | "loading"> {
  /** From the answer's `abilities`. Undefined: not rendered. `"always"`: nothing guards it. */
  ability: Ability | "always" | undefined;
  /** What it does; its promise is shown as progress in place. A rejection is shown as a notice unless `onProblem` takes it. */
  run: () => unknown;
  onProblem?: (error: unknown) => void;
  /** Accessible name where the visible label needs its object: "Coach Ana Lima". */
  label?: string;
  /** The key that does the same wherever the focus is, except where the key means something else; shown in the tooltip. */
  keys?: string;
  children: ReactNode;
}

/**
 * A button that a rule may refuse.
 *
 * Refused: it stays focusable, says why as tooltip and accessible description, and does nothing. Running: it keeps its
 * size and its focus. Never allowed (`ability` undefined): it is not there.
 */
export function AbilityButton({ ability, run, onProblem, label, keys, children, leftSection, ...rest }: Props) {
  const action = useAbilityAction({ ability, run, onProblem });
  const describedBy = useId();
  const name = label ?? (typeof children === "string" ? children : "");
  useShortcut(
    keys ?? "",
    ({ target }) => {
      // A question that is open is to be answered first.
      if (target instanceof Element && target.closest('[role="dialog"], [role="menu"], [role="listbox"]')) return;
      if (action.reason === undefined) action.press();
      else notifyRefused(name, action.reason);
    },
    { label: name, group: t("shortcuts.group.screen"), when: keys !== undefined && action.isOffered },
  );
  if (!action.isOffered) return null;
  const isRefused = action.reason !== undefined;

  const button = (
    <Button
      {...rest}
      leftSection={action.isRunning ? <Loader size={14} color="currentColor" aria-hidden="true" /> : leftSection}
      aria-label={label}
      aria-disabled={isRefused || undefined}
      aria-busy={action.isRunning || undefined}
      aria-keyshortcuts={keys}
      aria-describedby={isRefused ? describedBy : undefined}
      data-disabled={isRefused || undefined}
      onClick={(event: MouseEvent) => {
        event.stopPropagation();
        action.press();
      }}
    >
      {children}
    </Button>
  );
  const hint = isRefused ? action.reason : keys === undefined ? undefined : <KeyHint keys={keys} />;
  return (
    <>
      {hint === undefined || hint === "" ? button : <Tooltip label={hint}>{button}</Tooltip>}
      {isRefused && <VisuallyHidden id={describedBy}>{action.reason}</VisuallyHidden>}
    </>
  );
}

interface ItemProps {
  ability: Ability | "always" | undefined;
  run: () => unknown;
  onProblem?: (error: unknown) => void;
  keys?: string;
  leftSection?: ReactNode;
  children: ReactNode;
}

/** The same as a line of a `Menu`: refused, its reason stands below its label. */
export function AbilityMenuItem({ ability, run, onProblem, keys, leftSection, children }: ItemProps) {
  const action = useAbilityAction({ ability, run, onProblem });
  if (!action.isOffered) return null;
  const isRefused = action.reason !== undefined;
  return (
    <Menu.Item
      leftSection={leftSection}
      rightSection={keys === undefined ? undefined : <KeyHint keys={keys} />}
      aria-disabled={isRefused || undefined}
      data-disabled={isRefused || undefined}
      closeMenuOnClick={!isRefused}
      onClick={(event: MouseEvent) => {
        event.stopPropagation();
        action.press();
      }}
      style={isRefused ? { pointerEvents: "auto", cursor: "not-allowed" } : undefined}
      maw={300}
    >
      {children}
      {isRefused && (
        <span style={{ display: "block", fontSize: "var(--mantine-font-size-xs)", whiteSpace: "normal" }}>{action.reason}</span>
      )}
    </Menu.Item>
  );
}
