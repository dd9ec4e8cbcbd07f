import { VisuallyHidden } from "@mantine/core";
import { announcements } from "@/lib/announcer";
import { useStore } from "@/lib/store";

/** Speaks what `announce` says. The key makes the same sentence, said again, a change. */
export function LiveRegions() {
  const { text, isUrgent, turn } = useStore(announcements);
  return (
    <>
      <VisuallyHidden aria-live="polite" role="status">
        <span key={turn}>{isUrgent ? "" : text}</span>
      </VisuallyHidden>
      <VisuallyHidden aria-live="assertive" role="alert">
        <span key={turn}>{isUrgent ? text : ""}</span>
      </VisuallyHidden>
    </>
  );
}
