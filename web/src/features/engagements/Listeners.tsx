import { IconPlugConnectedX } from "@tabler/icons-react";
import { t } from "@/lib/texts";
import classes from "./engagements.module.css";
import { modeLook, standingText, type Mode } from "./modes";

interface Listener {
  readonly engagement_id: string;
  readonly mode: Mode;
  readonly state: string;
  readonly supervisor: { readonly id: string; readonly name: string };
}

/** Who monitors, coaches or has joined an interaction, each with the mode by picture and word; and who hears nothing now. */
export function Listeners({ listeners }: { listeners: readonly Listener[] }) {
  if (listeners.length === 0) return null;
  return (
    <ul className={classes.listeners}>
      {listeners.map((listener) => {
        const { engagement_id, mode, state, supervisor } = listener;
        const { icon, doing } = modeLook(mode);
        const Picture = state === "lost" ? IconPlugConnectedX : icon;
        const standing = standingText(listener);
        const words = [supervisor.name, t(doing), standing].filter((word) => word !== null);
        return (
          <li key={engagement_id} className={classes.listener} data-mode={mode} data-state={state} title={words.join(" · ")}>
            <Picture size={14} stroke={1.8} aria-hidden="true" />
            <span className={classes.listenerWords}>
              <span className={classes.listenerName}>{supervisor.name}</span>
              <span className={classes.hidden}> · {t(doing)}</span>
              {standing !== null && (
                <span className={classes.standing}>
                  <span className={classes.hidden}> · </span>
                  {standing}
                </span>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
