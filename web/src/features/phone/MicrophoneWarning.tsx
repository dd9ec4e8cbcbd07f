import { Button } from "@mantine/core";
import { useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import { microphoneState, openMicrophone } from "./microphone";
import { ownLeg, pressToSpeak } from "./own-phone";
import classes from "./phone.module.css";
import { useOwnLeg } from "./use-own-leg";

/** Says that nobody hears one, with a way to try again, where one is to speak through this tab without a microphone. */
export function MicrophoneWarning() {
  const { isWanted } = useOwnLeg();
  const hasPhone = useStore(ownLeg.state) !== "stopped";
  const state = useStore(microphoneState);
  if (!isWanted || !hasPhone || state === "on") return null;
  return (
    <span className={classes.silent} role="status">
      {t("phone.nobody_hears")}
      {(state === "denied" || state === "missing") && (
        <Button size="compact-xs" variant="default" onClick={() => void pressToSpeak(openMicrophone)}>
          {t("phone.microphone_again")}
        </Button>
      )}
    </span>
  );
}
