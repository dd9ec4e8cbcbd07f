import { Textarea } from "@mantine/core";
import { useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import { QuickWindow } from "@/ui";
import { modeLook } from "./modes";
import { reasonAsked } from "./reason";

/** Asks why somebody is going to listen, where policy requires a reason. */
export function ReasonWindow() {
  const question = useStore(reasonAsked);
  const verb = question === null ? "" : t(modeLook(question.mode).verb);
  return (
    <QuickWindow
      opened={question !== null}
      onClose={() => reasonAsked.set(null)}
      title={t("engagement.reason.title", { verb, name: question?.interaction.agent?.name ?? "" })}
      draftKey="engagement.reason"
      initial={{ reason: "" }}
      submitLabel={verb}
      validate={({ reason }) => ({ reason: reason.trim() === "" ? t("engagement.reason.missing") : undefined })}
      onSubmit={({ reason }) => question?.go(reason.trim())}
    >
      {(form) => <Textarea label={t("engagement.reason.label")} withAsterisk data-autofocus {...form.field("reason")} />}
    </QuickWindow>
  );
}
