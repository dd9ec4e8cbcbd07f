import { modeLook } from "@/features/engagements";
import { t } from "@/lib/texts";
import classes from "./desk.module.css";
import { useShownSupervisors } from "./use-desk";

/** Tells the agent who coaches them or has joined (and who monitors, where policy says so). */
export function ShownSupervisors() {
  const shown = useShownSupervisors()?.supervisors ?? [];
  return (
    <div role="status" className={classes.supervisors}>
      {shown.map(({ name, mode }) => {
        const { icon: Picture } = modeLook(mode);
        return (
          <span key={`${name} ${mode}`} className={classes.supervisor}>
            <Picture size={16} aria-hidden="true" />
            {t(`desk.shown.${mode}`, { name })}
          </span>
        );
      })}
    </div>
  );
}
