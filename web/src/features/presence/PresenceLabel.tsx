import {
  IconCircleCheck,
  IconCircleDashed,
  IconCircleMinus,
  IconHeadset,
  IconPencil,
  IconPhone,
  type Icon,
} from "@tabler/icons-react";
import type { Schema } from "@/api";
import { t, tMaybe } from "@/lib/texts";
import classes from "./presence.module.css";

/** What a person is available for. */
export type PresenceStatus = Schema<"Presence">;

const PICTURES: Record<PresenceStatus, Icon> = {
  available: IconCircleCheck,
  on_queue: IconHeadset,
  interacting: IconPhone,
  wrap_up: IconPencil,
  not_ready: IconCircleMinus,
  offline: IconCircleDashed,
};

/** The reason as the catalogue says it, or as it was typed. */
export function reasonText(reason: string): string {
  return tMaybe(`presence.reason.${reason}`) ?? reason;
}

/** A presence by picture and word: "Not ready · Break". */
export function PresenceLabel({ status, reason }: { status: PresenceStatus; reason?: string | null }) {
  const Picture = PICTURES[status];
  return (
    <span className={classes.label}>
      <Picture size={16} stroke={1.7} aria-hidden="true" className={classes.picture} data-live={status === "interacting" || undefined} />
      <span className={classes.words}>
        {t(`presence.${status}`)}
        {reason ? ` · ${reasonText(reason)}` : ""}
      </span>
    </span>
  );
}
