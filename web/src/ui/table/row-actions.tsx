import { ActionIcon, Button, Loader, Menu, Tooltip } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { KeyHint } from "../KeyHint";
import { notifyProblem, notifyRefused } from "../notify";
import type { RowAction } from "./types";
import classes from "./DataTable.module.css";

/** Why an action is refused now, or undefined. */
export function refusalOf(action: RowAction): string | undefined {
  if (action.ability === "always" || action.ability === undefined || action.ability.allowed) return undefined;
  return action.ability.refusal?.text ?? "";
}

/** What is running on a row, whether it was started by button, menu or key. */
export function usePressRow(): { running: string | null; press: (action: RowAction) => void } {
  const [running, setRunning] = useState<string | null>(null);
  const busy = useRef(false);
  const isMounted = useRef(true);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);
  const press = useCallback((action: RowAction) => {
    if (action.ability === undefined || busy.current) return;
    const refused = refusalOf(action);
    if (refused !== undefined) {
      notifyRefused(action.label, refused);
      return;
    }
    busy.current = true;
    setRunning(action.id);
    void Promise.resolve()
      .then(action.run)
      .catch(notifyProblem)
      .finally(() => {
        busy.current = false;
        if (isMounted.current) setRunning(null);
      });
  }, []);
  return { running, press };
}

interface Props {
  actions: readonly RowAction[];
  rowName: string;
  running: string | null;
  press: (action: RowAction) => void;
}

/** The tooltip of a button: its key, or why it is refused; after what it does where only a picture says that. */
function hintOf({ label, keys }: RowAction, refused: string | undefined, isPicture: boolean): ReactNode {
  const key = keys === undefined ? undefined : <KeyHint keys={keys} />;
  if (!isPicture) return refused ?? key;
  return refused ? (
    `${label}: ${refused}`
  ) : (
    <>
      {label} {key}
    </>
  );
}

/** The actions as buttons, over the right end of the row; where there is little room by picture, named by their tooltip. */
export function RowButtons({ actions, rowName, running, press, isCurrent, isCompact }: Props & { isCurrent: boolean; isCompact: boolean }) {
  return (
    <div className={classes.buttons}>
      {actions.map((action) => {
        const refused = refusalOf(action);
        const Picture = action.icon;
        const isPicture = isCompact && Picture !== undefined;
        const picture =
          running === action.id ? <Loader size={13} color="currentColor" aria-hidden="true" /> : Picture && <Picture size={15} stroke={1.7} aria-hidden="true" />;
        const button = (
          <Button
            key={action.id}
            size="compact-sm"
            variant="subtle"
            tabIndex={isCurrent ? 0 : -1}
            aria-label={`${action.label}: ${rowName}`}
            aria-disabled={refused !== undefined || undefined}
            aria-busy={running === action.id || undefined}
            aria-keyshortcuts={action.keys}
            aria-description={refused}
            data-disabled={refused !== undefined || undefined}
            leftSection={isPicture ? undefined : picture}
            onClick={(event) => {
              event.stopPropagation();
              press(action);
            }}
          >
            {isPicture ? picture : action.label}
          </Button>
        );
        const hint = hintOf(action, refused, isPicture);
        return hint === undefined || hint === "" ? (
          button
        ) : (
          <Tooltip key={action.id} label={hint}>
            {button}
          </Tooltip>
        );
      })}
    </div>
  );
}

/** The actions as a menu, for touch and narrow screens. */
export function RowMenu({ actions, rowName, running, press, tabIndex }: Props & { tabIndex?: number }) {
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon
          tabIndex={tabIndex}
          c="dimmed"
          aria-label={t("table.row_actions", { row: rowName })}
          aria-busy={running !== null || undefined}
          onClick={(event) => event.stopPropagation()}
        >
          {running === null ? <IconDots size={18} aria-hidden="true" /> : <Loader size={14} aria-hidden="true" />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        {actions.map((action) => {
          const refused = refusalOf(action);
          const Picture = action.icon;
          return (
            <Menu.Item
              key={action.id}
              maw={300}
              leftSection={Picture && <Picture size={16} stroke={1.7} aria-hidden="true" />}
              aria-disabled={refused !== undefined || undefined}
              closeMenuOnClick={refused === undefined}
              className={refused === undefined ? undefined : classes.refused}
              onClick={() => (refused === undefined ? press(action) : announce(refused))}
            >
              {action.label}
              {refused !== undefined && <span className={classes.refusal}>{refused}</span>}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
