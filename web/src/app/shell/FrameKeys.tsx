import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useMe } from "@/api";
import { handleKey, useShortcut } from "@/lib/shortcuts";
import { t } from "@/lib/texts";
import { navigationFor } from "../navigation";

function GoKey({ keys, label, to }: { keys: string; label: string; to: string }) {
  const navigate = useNavigate();
  useShortcut(keys, () => void navigate({ to }), { label, group: t("shortcuts.group.go") });
  return null;
}

/** The keys that work everywhere; those that go somewhere come from the navigation. Shows nothing. */
export function FrameKeys({ openPalette, openList }: { openPalette: () => void; openList: () => void }) {
  const me = useMe();
  useEffect(() => {
    window.addEventListener("keydown", handleKey);
    return () => window.removeEventListener("keydown", handleKey);
  }, []);
  const group = t("shortcuts.group.everywhere");
  useShortcut("mod+k", openPalette, { label: t("shortcuts.palette"), group, worksInFields: true });
  useShortcut("?", openList, { label: t("shortcuts.show"), group });
  return navigationFor(me)
    .flatMap(({ items }) => items)
    .map(({ keys, label, to }) => (keys === undefined ? null : <GoKey key={to} keys={keys} label={t(label)} to={to} />));
}
