import { t } from "@/lib/texts";
import classes from "./engagements.module.css";
import { modeLook, type Mode } from "./modes";

interface Listener {
  readonly engagement_id: string;
  readonly mode: Mode;
  readonly supervisor: { readonly id: string; readonly name: string };
}

/** Who monitors, coaches or has joined an interaction, each with the mode by picture and word. */
export function Listeners({ listeners }: { listeners: readonly Listener[] }) {
  if (listeners.length === 0) return null;
  return (
    <ul className={classes.listeners}>
      {listeners.map(({ engagement_id, mode, supervisor }) => {
        const { icon: Picture, doing } = modeLook(mode);
        return (
          <li key={engagement_id} className={classes.listener} data-mode={mode} title={`${supervisor.name} · ${t(doing)}`}>
            <Picture size={14} stroke={1.8} aria-hidden="true" />
            <span className={classes.listenerName}>{supervisor.name}</span>
            <span className={classes.hidden}> · {t(doing)}</span>
          </li>
        );
      })}
    </ul>
  );
}
