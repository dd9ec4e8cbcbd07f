import { Kbd } from "@mantine/core";
import { isMac } from "@/lib/shortcuts";
import { t } from "@/lib/texts";
import classes from "./KeyHint.module.css";

const NAMES: Record<string, string> = {
  mod: isMac ? "⌘" : "Ctrl",
  alt: isMac ? "⌥" : "Alt",
  Escape: "Esc",
  Enter: "↵",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
};

const show = (key: string) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);

/** Keys as keycaps: `<KeyHint keys="mod+k" />`, `<KeyHint keys="g i" />`. */
export function KeyHint({ keys }: { keys: string }) {
  return (
    <span className={classes.keys}>
      {keys.split(" ").map((press, index) => (
        <span key={`${press}${index}`} className={classes.press}>
          {index > 0 && <span className={classes.then}>{t("shortcuts.then")}</span>}
          {press.split("+").map((key) => (
            <Kbd key={key}>{show(key)}</Kbd>
          ))}
        </span>
      ))}
    </span>
  );
}
