import { Checkbox, Select, TextInput } from "@mantine/core";
import { send, useMe, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { QuickWindow } from "@/ui";

export type Phone = Schema<"PhoneOut">;

/** Adds a desk phone or a number of one's own, and selects it; or changes one. */
export function PhoneWindow({ phone, onClose, onSaved }: { phone: Phone | "new" | null; onClose: () => void; onSaved: () => unknown }) {
  const { phone_kinds } = useMe();
  const given = phone === "new" ? null : phone;
  const kinds = phone_kinds.filter((kind) => kind !== "browser");
  return (
    <QuickWindow
      key={given?.id ?? "new"}
      opened={phone !== null}
      onClose={onClose}
      title={given ? t("phone.change", { phone: phoneName(given) }) : t("phone.add")}
      draftKey={given ? `phone.${given.id}` : "phone.new"}
      submitLabel={given ? undefined : t("phone.add.submit")}
      initial={{
        kind: given?.kind ?? kinds[0] ?? "sip",
        address: given?.address ?? "",
        label: given?.label ?? "",
        auto_answer: given?.auto_answer ?? false,
      }}
      onSubmit={async ({ kind, ...values }) => {
        const body = { ...values, auto_answer: kind === "sip" && values.auto_answer };
        if (given) await send("patch", "/api/phones/{phone_id}", { params: { path: { phone_id: given.id } }, body });
        else {
          const added = await send("post", "/api/phones", { body: { kind, ...body } });
          await send("post", "/api/phones/{phone_id}/select", { params: { path: { phone_id: added.id } } });
        }
        await onSaved();
      }}
    >
      {(form) => {
        const isNumber = form.values.kind === "number";
        return (
          <>
            {given === null && kinds.length > 1 && (
              <Select
                label={t("phone.kind")}
                data={kinds.map((kind) => ({ value: kind, label: t(kind === "sip" ? "phone.kind.sip" : "phone.kind.number") }))}
                allowDeselect={false}
                {...form.field("kind")}
                onChange={(kind) => form.set("kind", kind === "number" ? "number" : "sip")}
              />
            )}
            <TextInput
              label={t(isNumber ? "phone.number" : "phone.address")}
              description={t(isNumber ? "phone.number.hint" : "phone.address.hint")}
              withAsterisk
              data-autofocus
              {...form.field("address")}
            />
            <TextInput label={t("phone.label.name")} description={t("phone.label.hint")} {...form.field("label")} />
            {!isNumber && (
              <Checkbox
                mt="xs"
                label={t("phone.auto_answer")}
                checked={form.values.auto_answer}
                onChange={(event) => form.set("auto_answer", event.currentTarget.checked)}
              />
            )}
          </>
        );
      }}
    </QuickWindow>
  );
}

/** What a phone is called: its name, else what is dialled. */
export function phoneName({ label, address }: { readonly label: string; readonly address: string }): string {
  return label || address;
}
