import { Loader, Menu, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useCommand, useHolds, useMe } from "@/api";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { Duration, notifyProblem } from "@/ui";
import { PresenceLabel, reasonText, type PresenceStatus } from "./PresenceLabel";
import classes from "./presence.module.css";

/** Reasons offered for not being ready; the server takes any. */
const REASONS = ["break", "lunch", "meeting", "training", "paperwork"];

/** One's own presence in the top bar: what it is, for how long, and the choice of another. */
export function PresenceMenu() {
  const { presence } = useMe();
  const mayTakeCalls = useHolds("take_calls");
  const choose = useCommand("post", "/api/presence", { invalidates: ["/api/me"] });
  const finish = useCommand("post", "/api/wrap-up/finish", { invalidates: ["/api/me"] });
  // On a call the choice is about what comes after it.
  const then = presence.status === "interacting" ? presence.then : null;
  const isThenTold = then && then !== "on_queue";
  const chosen = then ? `${then} ${presence.then_reason}` : `${presence.status} ${presence.reason}`;
  const isBusy = choose.isPending || finish.isPending;

  const set = (value: string) => {
    const [status, reason = ""] = value.split(" ") as [PresenceStatus, string?];
    choose
      .run({ body: { status, reason } })
      .then(() => announce(t("presence.changed", { presence: t(`presence.${status}`) })))
      .catch(notifyProblem);
  };
  const item = (status: PresenceStatus, reason = "") => (
    <Menu.RadioItem key={`${status} ${reason}`} value={`${status} ${reason}`} closeMenuOnClick>
      <PresenceLabel status={status} reason={reason} />
    </Menu.RadioItem>
  );

  return (
    <Menu width={236}>
      <Menu.Target>
        <UnstyledButton
          className={classes.button}
          aria-busy={isBusy || undefined}
        >
          <VisuallyHidden>{t("presence.menu")}</VisuallyHidden>
          <PresenceLabel status={presence.status} reason={presence.reason} />
          {isThenTold && (
            <span className={classes.then}>
              {t("presence.then", { presence: [t(`presence.${then}`), presence.then_reason && reasonText(presence.then_reason)].filter(Boolean).join(" · ") })}
            </span>
          )}
          {isBusy ? (
            <Loader size={13} aria-hidden="true" />
          ) : (
            <span className={classes.since}>
              <Duration since={presence.since} />
            </span>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {presence.status === "wrap_up" && (
          <>
            <Menu.Item onClick={() => void finish.run({}).catch(notifyProblem)}>{t("presence.finish_wrap_up")}</Menu.Item>
            <Menu.Divider />
          </>
        )}
        {presence.status === "interacting" && <Menu.Label>{t("presence.after_call")}</Menu.Label>}
        <Menu.RadioGroup value={chosen} onChange={set}>
          {item("available")}
          {mayTakeCalls && item("on_queue")}
          <Menu.Divider />
          {item("not_ready")}
          {REASONS.map((reason) => item("not_ready", reason))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
