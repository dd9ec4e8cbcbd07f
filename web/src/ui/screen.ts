import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { createStore } from "@/lib/store";
import { t } from "@/lib/texts";

/** The title of the screen shown now, as the window and the announcer say it. */
export const screenTitle = createStore<string>("");

/** Name the screen more closely than its definition does: "Call with Ana, 14:05". Undefined while not known. */
export function useScreenTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined) return;
    screenTitle.set(title);
    document.title = t("app.title", { title });
  }, [title]);
}

/** A parameter of the address: `useParam("interactionId")` for `/…/$interactionId`. */
export function useParam(name: string): string {
  const value = (useParams({ strict: false }) as Record<string, string | undefined>)[name];
  if (value === undefined) throw new Error(`The address has no parameter ${name}`);
  return value;
}
