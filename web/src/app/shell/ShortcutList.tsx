import { Modal, Switch } from "@mantine/core";
import { activeShortcuts, singleKeys } from "@/lib/shortcuts";
import { useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import { KeyHint } from "@/ui";
import classes from "./ShortcutList.module.css";

/** Every shortcut that works on the screen now, and the switch for single keys. */
export function ShortcutList({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const shortcuts = useStore(activeShortcuts);
  const isOn = useStore(singleKeys) === "on";
  const groups = new Map<string, Map<string, string>>();
  for (const { keys, label, group } of shortcuts) {
    const lines = groups.get(group) ?? new Map<string, string>();
    groups.set(group, lines.set(keys, label));
  }
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("shortcuts.title")}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      {[...groups].map(([group, lines]) => (
        <section key={group} className={classes.group} aria-label={group}>
          <h3 className={classes.heading}>{group}</h3>
          <dl className={classes.lines}>
            {[...lines].map(([keys, label]) => (
              <div key={keys}>
                <dt>{label}</dt>
                <dd>
                  <KeyHint keys={keys} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <Switch
        mt="md"
        checked={isOn}
        onChange={(event) => singleKeys.set(event.currentTarget.checked ? "on" : "off")}
        label={t("shortcuts.single_keys")}
        description={t("shortcuts.single_keys.hint")}
      />
    </Modal>
  );
}
