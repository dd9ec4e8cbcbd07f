import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { asProblem } from "@/api";
import { t } from "@/lib/texts";

/** What went wrong, what was kept, what to do: any error, in place. Nothing for null. */
export function ProblemAlert({ problem, onRetry }: { problem: unknown; onRetry?: () => unknown }) {
  if (problem === null || problem === undefined) return null;
  const { title, detail } = asProblem(problem);
  return (
    <Alert
      role="alert"
      icon={<IconAlertTriangle size={18} aria-hidden="true" />}
      title={title}
      styles={{
        root: { background: "var(--sl-warning-soft)", border: 0 },
        icon: { color: "var(--sl-warning)" },
        title: { color: "var(--sl-warning)" },
        message: { color: "var(--sl-text)" },
      }}
    >
      <Text size="sm">{detail}</Text>
      {onRetry && (
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={() => void onRetry()}>
            {t("action.retry")}
          </Button>
        </Group>
      )}
    </Alert>
  );
}
