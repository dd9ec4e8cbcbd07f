import { Button, Group, Loader, Modal, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import type { Ability } from "@/api";
import { createStore, useStore } from "@/lib/store";
import { t } from "@/lib/texts";
import { AbilityButton } from "./AbilityButton";
import { ProblemAlert } from "./ProblemAlert";

/** What is asked before something that can't be undone. */
export interface Question {
  /** Names the object: "Disconnect Ana Lima?". */
  readonly title: string;
  /** What happens then, and what stays. */
  readonly text?: string;
  /** The verb on the button: "Disconnect". */
  readonly action: string;
  /** What to do when confirmed. The question stays open, with progress, until it is done; a rejection is shown in it. */
  readonly run: () => unknown;
}

const asked = createStore<Question | null>(null);

/** Ask once: `confirm({ title: "Delete the team “North”?", action: "Delete", run })`. For row actions and menus. */
export function confirm(question: Question): void {
  asked.set(question);
}

/** Shows the questions of {@link confirm}; the shell renders it once. */
export function ConfirmHost() {
  const question = useStore(asked);
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const close = () => {
    if (isRunning) return;
    setProblem(null);
    asked.set(null);
  };
  const confirmed = async () => {
    if (!question || isRunning) return;
    setRunning(true);
    setProblem(null);
    try {
      await question.run();
      asked.set(null);
    } catch (error) {
      setProblem(error);
    } finally {
      setRunning(false);
    }
  };
  return (
    <Modal opened={question !== null} onClose={close} title={question?.title} withCloseButton={false} size="sm">
      {question?.text !== undefined && <Text mb="md">{question.text}</Text>}
      <ProblemAlert problem={problem} />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={close} data-autofocus>
          {t("action.cancel")}
        </Button>
        <Button
          onClick={() => void confirmed()}
          aria-busy={isRunning || undefined}
          leftSection={isRunning ? <Loader size={14} color="currentColor" aria-hidden="true" /> : undefined}
        >
          {question?.action}
        </Button>
      </Group>
    </Modal>
  );
}

/** A button that asks once, naming its object, before it acts: everything that can't be undone. */
export function ConfirmButton({
  ability,
  ask,
  children,
  ...rest
}: {
  ability: Ability | "always" | undefined;
  ask: Question;
  children: ReactNode;
  variant?: string;
  size?: string;
  leftSection?: ReactNode;
}) {
  return (
    <AbilityButton variant="default" {...rest} ability={ability} run={() => confirm(ask)}>
      {children}
    </AbilityButton>
  );
}
