import { Menu, UnstyledButton, VisuallyHidden } from "@mantine/core";
import {
  IconHeadphones,
  IconHeadphonesOff,
  IconMicrophoneOff,
  IconPhone,
  IconPlugConnectedX,
  IconRefresh,
  type Icon,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { apiQuery, asProblem, useCommand, useMe } from "@/api";
import { useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import { notifyProblem } from "@/ui";
import { microphoneState, openMicrophone } from "./microphone";
import { isElsewhere, ownLeg, pressToSpeak, takePhoneHere } from "./own-phone";
import { tabId } from "./tab-id";
import { useOwnLeg } from "./use-own-leg";
import classes from "./phone.module.css";

type Standing = "up" | "connecting" | "lost" | "elsewhere" | "refused" | "locked" | "denied" | "missing" | "other";

const PICTURES: Record<Standing, Icon> = {
  up: IconHeadphones,
  connecting: IconRefresh,
  lost: IconPlugConnectedX,
  elsewhere: IconHeadphonesOff,
  refused: IconHeadphonesOff,
  locked: IconHeadphonesOff,
  denied: IconMicrophoneOff,
  missing: IconMicrophoneOff,
  other: IconPhone,
};

function useStanding(): Standing {
  const { phone } = useMe();
  const { leg } = useOwnLeg();
  const state = useStore(ownLeg.state);
  const problem = useStore(ownLeg.problem);
  const isLocked = useStore(ownLeg.isLocked);
  const microphone = useStore(microphoneState);
  const tab = useStore(tabId);
  if (phone?.kind !== "browser") return "other";
  if (state === "stopped") return isElsewhere(state, problem) ? "elsewhere" : "refused";
  if (state !== "up") return state;
  // Sound flows a moment before the server knows it, and only then may one supervise or be rung.
  if (leg?.tab_id !== tab || leg.state !== "up") return "connecting";
  if (isLocked) return "locked";
  return microphone === "denied" || microphone === "missing" ? microphone : "up";
}

/** One's phone in the top bar: where it stands, and what to do when it does not work. */
export function PhoneMenu() {
  const { phone } = useMe();
  const standing = useStanding();
  const problem = useStore(ownLeg.problem);
  const phones = useQuery(apiQuery("/api/phones")).data;
  const select = useCommand("post", "/api/phones/{phone_id}/select", { invalidates: ["/api/me", "/api/phones"] });
  const Picture = PICTURES[standing];
  const label = standing === "other" ? (phone?.label ?? t("phone.none")) : t(`phone.${standing}`);
  const isWell = standing === "up" || standing === "other";

  return (
    <Menu width={300}>
      <Menu.Target>
        <UnstyledButton className={classes.button} data-warning={!isWell || undefined}>
          <VisuallyHidden>{t("phone.menu")}</VisuallyHidden>
          <Picture size={17} stroke={1.7} aria-hidden="true" />
          <span className={classes.label}>{label}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <p className={classes.text} role="status">
          {standing === "refused" ? asProblem(problem).detail : standing === "other" ? label : t(`phone.${standing}.text`)}
        </p>
        {(standing === "elsewhere" || standing === "refused") && (
          <Menu.Item onClick={takePhoneHere}>{t("phone.use_here")}</Menu.Item>
        )}
        {standing === "locked" && <Menu.Item onClick={() => void ownLeg.unlock()}>{t("phone.unlock")}</Menu.Item>}
        {(standing === "denied" || standing === "missing") && (
          <Menu.Item onClick={() => void pressToSpeak(openMicrophone)}>{t("phone.microphone_again")}</Menu.Item>
        )}
        {standing === "up" && <Menu.Item onClick={() => ownLeg.renew()}>{t("phone.renew")}</Menu.Item>}
        {phones !== undefined && phones.length > 1 && (
          <>
            <Menu.Divider />
            <Menu.RadioGroup
              value={phone?.id ?? ""}
              onChange={(phone_id) => void select.run({ params: { path: { phone_id } } }).catch(notifyProblem)}
            >
              {phones.map((each) => (
                <Menu.RadioItem key={each.id} value={each.id}>
                  {each.label || each.address}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
