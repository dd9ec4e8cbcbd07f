import { t, type PlainTextKey } from "@/lib/texts";
import { useScreenTitle } from "@/ui";

/** Gives the window the screen's title; a screen that knows more says so itself, later. */
export function ScreenTitle({ title }: { title: PlainTextKey }) {
  useScreenTitle(t(title));
  return null;
}
