import { Anchor, Button, Group, Loader, Modal, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef, useState, type ChangeEvent, type FormEvent, type ReactNode } from "react";
import { asProblem, type Problem } from "@/api";
import { useDraft } from "@/lib/drafts";
import { t } from "@/lib/texts";
import { ProblemAlert } from "./ProblemAlert";

const CHANGED_MEANWHILE = "changed_meanwhile";

type FieldEvent = ChangeEvent<HTMLInputElement | HTMLTextAreaElement>;

/** What a field of a quick window needs: spread it into a Mantine input. */
export interface FieldProps<Value> {
  readonly name: string;
  readonly value: Value;
  readonly onChange: (next: Value | FieldEvent) => void;
  /** The server's or the form's sentence about this field. */
  readonly error: string | undefined;
}

/** The form inside a quick window. */
export interface QuickForm<Values> {
  readonly values: Values;
  readonly set: <K extends keyof Values>(name: K, value: Values[K]) => void;
  /** `<TextInput label="Name" {...form.field("name")} />` */
  readonly field: <K extends keyof Values & string>(name: K) => FieldProps<Values[K]>;
}

interface Props<Values extends object> {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Under which the draft is kept: `"user.new"`, `` `user.${id}` ``. */
  draftKey: string;
  initial: Values;
  /**
   * Of the thing that is edited, handed to `onSubmit`. When somebody else was faster (`changed_meanwhile`), the window says
   * so, keeps what was typed and takes over their version: saving again is then done knowingly.
   */
  version?: number;
  /** Fields that are never kept in the browser: passwords. */
  secrets?: readonly (keyof Values)[];
  /** Sentences for fields that can be judged without asking the server. */
  validate?: (values: Values) => Partial<Record<keyof Values & string, string>>;
  /** Saves; on a rejection the window stays, with the sentences beside the fields they are about. */
  onSubmit: (values: Values, version: number) => unknown;
  submitLabel?: string;
  size?: string;
  children: (form: QuickForm<Values>) => ReactNode;
}

function isEvent(value: unknown): value is FieldEvent {
  return typeof value === "object" && value !== null && "currentTarget" in value && "nativeEvent" in value;
}

function valueOf(event: FieldEvent): unknown {
  const element = event.currentTarget;
  return element instanceof HTMLInputElement && element.type === "checkbox" ? element.checked : element.value;
}

/** The version that the server has now, where it refused because of one. */
function versionNow(problem: Problem): number | undefined {
  const { version } = (problem.extras.params ?? {}) as { version?: unknown };
  const now = Number(version ?? Number.NaN);
  return Number.isFinite(now) ? now : undefined;
}

function Body<Values extends object>({ onClose, draftKey, initial, version, secrets, validate, onSubmit, submitLabel, children }: Props<Values>) {
  const draft = useDraft(draftKey, initial, secrets, version);
  const [theirs, setTheirs] = useState<number | undefined>(undefined);
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSaving, setSaving] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (Object.keys(errors).length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [errors]);

  const set: QuickForm<Values>["set"] = (name, value) => {
    draft.set((now) => ({ ...now, [name]: value }));
    setErrors(({ [name as string]: _solved, ...rest }) => rest);
  };
  const quick: QuickForm<Values> = {
    values: draft.value,
    set,
    field: (name) => ({
      name,
      value: draft.value[name],
      onChange: (next) => set(name, (isEvent(next) ? valueOf(next) : next) as Values[typeof name]),
      error: errors[name],
    }),
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isSaving) return;
    const found = Object.entries(validate?.(draft.value) ?? {}).filter((pair): pair is [string, string] => Boolean(pair[1]));
    setErrors(Object.fromEntries(found));
    setProblem(null);
    if (found.length > 0) return;
    setSaving(true);
    try {
      await onSubmit(draft.value, theirs ?? draft.basis ?? 0);
      draft.clear();
      onClose();
    } catch (error) {
      const refused = asProblem(error);
      setErrors(refused.fields);
      setProblem(refused);
      if (refused.code === CHANGED_MEANWHILE) setTheirs(versionNow(refused));
    } finally {
      setSaving(false);
    }
  };

  const isConflict = problem?.code === CHANGED_MEANWHILE;
  // When every wrong field has its sentence, the problem as a whole would only say the same again.
  const isBesideFields =
    problem !== null &&
    !isConflict &&
    Object.keys(problem.fields).length > 0 &&
    Object.keys(problem.fields).every((name) => name in (draft.value as object));

  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
      {draft.isRestored && (
        <Text size="sm" c="dimmed" mb="sm">
          {t("draft.restored")}{" "}
          <Anchor component="button" type="button" size="sm" onClick={draft.clear}>
            {t("action.discard")}
          </Anchor>
        </Text>
      )}
      <div style={{ display: "flex", flexDirection: "column", gap: "0.875rem" }}>{children(quick)}</div>
      {problem !== null && !isBesideFields && (
        <div style={{ marginTop: "1rem" }}>
          <ProblemAlert problem={problem} />
          {isConflict && (
            <Text size="sm" mt="xs">
              {t("draft.conflict")}
            </Text>
          )}
        </div>
      )}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          {t("action.cancel")}
        </Button>
        <Button
          type="submit"
          aria-busy={isSaving || undefined}
          leftSection={isSaving ? <Loader size={14} color="currentColor" aria-hidden="true" /> : undefined}
        >
          {submitLabel ?? t("action.save")}
        </Button>
      </Group>
    </form>
  );
}

/** A modal form whose typed text outlives closing, reload, sign-out and refusal, until it is saved or discarded. */
export function QuickWindow<Values extends object>(props: Props<Values>) {
  const isNarrow = useMediaQuery("(max-width: 40em)", false, { getInitialValueInEffect: false });
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      size={props.size ?? "md"}
      fullScreen={isNarrow}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      {props.opened && <Body {...props} />}
    </Modal>
  );
}
