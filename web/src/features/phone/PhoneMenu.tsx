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
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { apiQuery, asProblem, invalidate, send, useCommand, useMe } from "@/api";
import { useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import { confirm, notifyProblem } from "@/ui";
import { openMicrophone } from "./microphone";
import { ownLeg, pressToSpeak, takePhoneHere } from "./own-phone";
import { phoneName, PhoneWindow, type Phone } from "./PhoneWindow";
import { useStanding, type Standing } from "./use-standing";
import classes from "./phone.module.css";

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

/** What the selected phone does that is not the browser. */
function useOtherText(): string {
  const { phone } = useMe();
  if (phone === null) return t("phone.none");
  const name = phoneName(phone);
  if (phone.kind === "browser") return t("phone.keeps.text", { phone: name || t("phone.kind.browser") });
  return t(phone.kind === "sip" && phone.auto_answer ? "phone.auto.text" : "phone.rung.text", { phone: name });
}

/** One's phone in the top bar: where it stands, and what to do when it does not work. */
export function PhoneMenu() {
  const { phone, phone_kinds } = useMe();
  const standing = useStanding();
  const otherText = useOtherText();
  const queryClient = useQueryClient();
  const [shown, setShown] = useState<Phone | "new" | null>(null);
  const problem = useStore(ownLeg.problem);
  const phones = useQuery(apiQuery("/api/phones")).data;
  const select = useCommand("post", "/api/phones/{phone_id}/select", { invalidates: ["/api/me", "/api/phones"] });
  const changeable = phones?.find((each) => each.is_selected && each.kind !== "browser");
  const ask = () => invalidate(queryClient, "/api/me", "/api/phones");
  const askToRemove = (each: Phone) =>
    confirm({
      title: t("phone.remove.title", { phone: phoneName(each) }),
      text: t("phone.remove.text"),
      action: t("phone.remove.action"),
      run: async () => {
        await send("delete", "/api/phones/{phone_id}", { params: { path: { phone_id: each.id } } });
        await ask();
      },
    });
  const Picture = PICTURES[standing];
  const label = standing === "other" ? nameOf(phone) : t(`phone.${standing}`);
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
        {/* A menu owns nothing but its items: no role here. */}
        <div className={classes.text}>
          {standing === "refused" ? asProblem(problem).detail : standing === "other" ? otherText : t(`phone.${standing}.text`)}
        </div>
        {standing !== "other" && phone !== null && phone.kind !== "browser" && (
          <div className={classes.text}>{t("phone.keeps.text", { phone: phoneName(phone) })}</div>
        )}
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
              {phones.map((each) => {
                const refusal = each.abilities.select?.refusal;
                return (
                  <Menu.RadioItem
                    key={each.id}
                    value={each.id}
                    disabled={Boolean(refusal)}
                    title={refusal?.text}
                    aria-description={refusal?.text}
                  >
                    {nameOf(each)}
                  </Menu.RadioItem>
                );
              })}
            </Menu.RadioGroup>
          </>
        )}
        {phone_kinds.length > 1 && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => setShown("new")}>{t("phone.add")}</Menu.Item>
            {changeable !== undefined && (
              <>
                <Menu.Item onClick={() => setShown(changeable)}>{t("phone.change", { phone: phoneName(changeable) })}</Menu.Item>
                <Menu.Item onClick={() => askToRemove(changeable)}>{t("phone.remove", { phone: phoneName(changeable) })}</Menu.Item>
              </>
            )}
          </>
        )}
      </Menu.Dropdown>
      <PhoneWindow phone={shown} onClose={() => setShown(null)} onSaved={ask} />
    </Menu>
  );
}

function nameOf(phone: { readonly kind: string; readonly label: string; readonly address: string } | null): string {
  if (phone === null) return t("phone.none");
  return phoneName(phone) || t("phone.kind.browser");
}
