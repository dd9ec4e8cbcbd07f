import { Button, Checkbox, Group, NumberInput, Skeleton, Switch } from "@mantine/core";
import { useState } from "react";
import { apiQuery, asProblem, send, type Schema } from "@/api";
import { t } from "@/lib/texts";
import { useLiveQuery } from "@/realtime";
import { notifyDone, Page, ProblemAlert } from "@/ui";
import classes from "./settings.module.css";

type Policy = Schema<"PolicyOut">;

function Value({ policy, onChange, error }: { policy: Policy; onChange: (value: unknown) => void; error: string | undefined }) {
  switch (policy.kind) {
    case "boolean":
      return <Switch aria-label={policy.title} checked={policy.value === true} onChange={(event) => onChange(event.currentTarget.checked)} error={error} />;
    case "integer":
      return <IntegerValue policy={policy} onChange={onChange} error={error} />;
    case "choices": {
      const chosen = policy.value as string[];
      return (
        <Checkbox.Group aria-label={policy.title} value={chosen} onChange={onChange} error={error}>
          <Group gap="md">
            {(policy.options ?? []).map(({ value, label }) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Group>
        </Checkbox.Group>
      );
    }
  }
}

function IntegerValue({ policy, onChange, error }: { policy: Policy; onChange: (value: unknown) => void; error: string | undefined }) {
  const [typed, setTyped] = useState<number | string>(policy.value as number);
  return (
    <Group gap="xs" align="start">
      <NumberInput
        w={120}
        aria-label={policy.title}
        value={typed}
        min={policy.low ?? undefined}
        max={policy.high ?? undefined}
        clampBehavior="none"
        suffix={policy.unit ? ` ${policy.unit}` : undefined}
        onChange={setTyped}
        error={error}
      />
      {typed !== policy.value && (
        <Button size="sm" variant="default" onClick={() => onChange(Number(typed))}>
          {t("action.save")}
        </Button>
      )}
    </Group>
  );
}

function Line({ policy, onSaved }: { policy: Policy; onSaved: () => Promise<unknown> }) {
  const [error, setError] = useState<string>();
  const save = async (value: unknown) => {
    setError(undefined);
    try {
      await send("put", "/api/policies/{key}", { params: { path: { key: policy.key } }, body: { value } });
      notifyDone(t("settings.saved", { title: policy.title }));
      await onSaved();
    } catch (problem) {
      setError(asProblem(problem).fields.value ?? asProblem(problem).detail);
    }
  };
  const isDefault = JSON.stringify(policy.value) === JSON.stringify(policy.default);
  return (
    <li className={classes.policy}>
      <div className={classes.words}>
        <h2 className={classes.title}>{policy.title}</h2>
        <p className={classes.sentence}>{policy.sentence}</p>
      </div>
      <div className={classes.value}>
        <Value key={JSON.stringify(policy.value)} policy={policy} onChange={(value) => void save(value)} error={error} />
        {!isDefault && (
          <Button size="compact-xs" variant="subtle" onClick={() => void save(policy.default)}>
            {t("settings.default")}
          </Button>
        )}
      </div>
    </li>
  );
}

/** Settings: the organisation's policies, in plain sentences. */
export default function SettingsScreen() {
  const policies = useLiveQuery(["organisation"], apiQuery("/api/policies"));
  return (
    <Page title={t("settings.title")} lead={t("settings.lead")}>
      <ProblemAlert problem={policies.error} onRetry={policies.refetch} />
      {policies.data === undefined && !policies.isError && <Skeleton height={320} />}
      <ul className={classes.policies}>
        {policies.data?.map((policy) => (
          <Line key={policy.key} policy={policy} onSaved={policies.refetch} />
        ))}
      </ul>
    </Page>
  );
}
