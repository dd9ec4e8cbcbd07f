import { Text, Textarea } from "@mantine/core";
import { useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import { QuickWindow } from "@/ui";
import { modeLook } from "./modes";
import { reasonAsked } from "./reason";

/** Asks why somebody is going to listen, where policy requires a reason; taking a call over is confirmed by the same. */
export function ReasonWindow() {
  const question = useStore(reasonAsked);
  const verb = question === null ? "" : t(modeLook(question.mode).verb);
  const name = question?.interaction.agent?.name ?? "";
  const isTakeOver = question?.mode === "barge_kick";
  return (
    <QuickWindow
      opened={question !== null}
      onClose={() => reasonAsked.set(null)}
      title={isTakeOver ? t("engagement.take_over.title", { name }) : t("engagement.reason.title", { verb, name })}
      draftKey={`engagement.reason.${question?.interaction.id ?? ""}`}
      initial={{ reason: "" }}
      submitLabel={isTakeOver ? t("engagement.take_over.action") : verb}
      validate={({ reason }) => ({ reason: reason.trim() === "" ? t("engagement.reason.missing") : undefined })}
      onSubmit={({ reason }) => question?.go(reason.trim())}
    >
      {(form) => (
        <>
          {isTakeOver && <Text>{t("engagement.take_over.text", { name, number: String(question.interaction.number) })}</Text>}
          <Textarea label={t("engagement.reason.label")} withAsterisk data-autofocus {...form.field("reason")} />
        </>
      )}
    </QuickWindow>
  );
}
