import { Menu, UnstyledButton, useMantineColorScheme, VisuallyHidden, type MantineColorScheme } from "@mantine/core";
import { IconKeyboard, IconLogout, IconLogout2 } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { signOut, useMe } from "@/api";
import { otherEnd, useDesk } from "@/features/desk";
import { useEngage, useMine } from "@/features/engagements";
import { announce } from "@/lib/announcer";
import { t } from "@/lib/texts";
import { confirm, Initials, KeyHint, notifyProblem } from "@/ui";
import classes from "./OwnMenu.module.css";

/** What one is in the middle of, as a sentence that says what signing out does to it; undefined for nothing. */
function useUnderWay(): string | undefined {
  const mine = useMine();
  // A telephone's call goes on, whoever signs out.
  const call = useDesk()?.current.find(
    (each) => !each.is_on_telephone && each.participants.some((one) => one.id === each.my_participant_id && one.state === "joined"),
  );
  if (call !== undefined) return t("me.sign_out.on_call", { name: otherEnd(call), number: String(call.number) });
  if (mine) return t("me.sign_out.supervising", { name: mine.agent?.name ?? "", number: String(mine.interaction_number) });
  return undefined;
}

/** Who one is, how it looks, and the way out. */
export function OwnMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { user } = useMe();
  const queryClient = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const underWay = useUnderWay();
  const mine = useMine();
  const { stop } = useEngage();
  const leave = async (everywhere: boolean) => {
    // Where one is signed in elsewhere too, signing out here alone would let it go on for a while. One that has just ended
    // by itself is no reason to stay.
    if (mine && mine.mode !== "barge_kick") await stop(mine).catch(() => undefined);
    await signOut(queryClient, { everywhere });
    announce(t("me.signed_out"));
  };
  return (
    <Menu width={264} closeOnItemClick={false}>
      <Menu.Target>
        <UnstyledButton className={classes.button}>
          <VisuallyHidden>{t("me.menu", { name: user.name })}</VisuallyHidden>
          <Initials name={user.name} size={30} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className={classes.who}>
          <span className={classes.name}>{user.name}</span>
          <span>{user.email}</span>
          <span>{[user.roles.map((role) => role.name).join(", "), user.team_name].filter(Boolean).join(" · ")}</span>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t("me.theme")}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
          {(["light", "dark", "auto"] as const).map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {t(`me.theme.${scheme}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconKeyboard size={16} aria-hidden="true" />}
          rightSection={<KeyHint keys="?" />}
          onClick={onShortcuts}
        >
          {t("me.shortcuts")}
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick={underWay !== undefined}
          leftSection={<IconLogout size={16} aria-hidden="true" />}
          onClick={() =>
            underWay === undefined
              ? void leave(false).catch(notifyProblem)
              : confirm({ title: t("me.sign_out.ask"), text: underWay, action: t("me.sign_out"), run: () => leave(false) })
          }
        >
          {t("me.sign_out")}
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconLogout2 size={16} aria-hidden="true" />}
          onClick={() =>
            confirm({
              title: t("me.sign_out_everywhere"),
              text: [t("me.sign_out_everywhere.ask"), underWay].filter(Boolean).join(" "),
              action: t("me.sign_out_everywhere"),
              run: () => leave(true),
            })
          }
        >
          {t("me.sign_out_everywhere")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
