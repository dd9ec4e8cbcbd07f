import { IconUserShare } from "@tabler/icons-react";
import { useEffect } from "react";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import classes from "./desk.module.css";
import type { Call } from "./use-desk";

/** Tells an agent who was taken off a call by whom; it stays while they wrap up, through a reload too. */
export function TakenOver({ call }: { call: Call }) {
  const taker = call.participants.find((each) => each.purpose === "supervisor" && each.id !== call.my_participant_id);
  const text = taker === undefined ? undefined : t("desk.shown.barge_kick", { name: taker.name });
  useEffect(() => {
    if (text !== undefined) announce(text, { urgent: true });
  }, [text]);
  if (text === undefined) return null;
  return (
    <div className={classes.supervisors}>
      <span className={classes.supervisor}>
        <IconUserShare size={16} aria-hidden="true" />
        {text}
      </span>
    </div>
  );
}
