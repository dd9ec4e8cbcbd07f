import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { asProblem } from "@/api";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";

const CLOSE = { "aria-label": t("action.close") };

/** Say briefly that something was done: a toast, and to screen readers. */
export function notifyDone(text: string): void {
  announce(text);
  notifications.show({ message: text, icon: <IconCheck size={16} />, color: "accent", autoClose: 4000, role: "presentation", closeButtonProps: CLOSE });
}

/** Say that something was refused or failed, where no place beside the control can say it. Returns the problem. */
export function notifyProblem(error: unknown): void {
  const problem = asProblem(error);
  announce(`${problem.title}. ${problem.detail}`, { urgent: true });
  notifications.show({
    title: problem.title,
    message: problem.detail,
    icon: <IconAlertTriangle size={16} />,
    color: "var(--sl-warning)",
    autoClose: 10_000,
    role: "presentation",
    closeButtonProps: CLOSE,
  });
}

/** Say why a key did nothing: its action is refused now. */
export function notifyRefused(action: string, reason: string): void {
  announce(`${action}: ${reason}`, { urgent: true });
  notifications.show({ title: action, message: reason, color: "gray", autoClose: 6000, role: "presentation", closeButtonProps: CLOSE });
}
