import { Button, Checkbox, Group, Select, TextInput, Textarea } from "@mantine/core";
import { IconEar, IconHeadphones, IconMicrophone2, IconPhoneCall, IconUserShare } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Problem } from "@/api";
import {
  AbilityButton,
  ConfirmButton,
  DataTable,
  Duration,
  EmptyState,
  FilterBar,
  notifyDone,
  Page,
  PersonName,
  ProblemAlert,
  QuickWindow,
  Section,
  StateBadge,
  useFilters,
  usePane,
  type Column,
  type Filter,
} from "@/ui";
import { sampleCalls, type SampleCall } from "./samples";
import { SampleTimeline } from "./SampleTimeline";

const COLUMNS: readonly Column<SampleCall>[] = [
  { id: "agent", header: "Agent", cell: (row) => <PersonName name={row.agent} withInitials />, narrow: "title" },
  { id: "state", header: "State", width: 130, cell: (row) => <StateBadge state={row.state} />, narrow: "side" },
  { id: "length", header: "Length", width: 90, align: "end", isSortable: true, cell: (row) => <Duration since={row.since} /> },
  { id: "customer", header: "Customer", width: 160, cell: (row) => row.customer },
  { id: "queue", header: "Queue", width: 120, cell: (row) => row.queue },
  { id: "campaign", header: "Campaign", width: 150, cell: (row) => row.campaign || "–", narrow: "hidden" },
  { id: "listener", header: "Listening", width: 150, cell: (row) => row.listener ?? "", narrow: "hidden" },
];

const FILTERS: readonly Filter[] = [
  { id: "q", kind: "text", label: "Search", placeholder: "Agent or number" },
  {
    id: "state",
    kind: "switch",
    label: "State",
    options: [
      { value: "", label: "All" },
      { value: "live", label: "Live" },
      { value: "held", label: "On hold" },
    ],
  },
  { id: "queue", kind: "choice", label: "Queue", options: ["Support", "Sales", "Renewals"].map((value) => ({ value, label: value })) },
];

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const notNow = new Problem({
  type: "about:blank",
  title: "Not possible now",
  status: 409,
  detail: "Sofia Berg is coaching this agent already. Nothing was changed; you can monitor meanwhile.",
  code: "already_coached",
});

/** `?show=loading|empty|failed|parts` chooses what the page shows. */
export default function Gallery() {
  const filters = useFilters(FILTERS);
  const show = new URLSearchParams(window.location.search).get("show") ?? "table";
  const pane = usePane();
  const [isOpen, setOpen] = useState(false);
  const calls = useMemo(() => sampleCalls(600), []);
  const rows = calls.filter(
    (call) =>
      (!filters.values.state || call.state === filters.values.state) &&
      (!filters.values.queue || call.queue === filters.values.queue) &&
      (!filters.values.q || `${call.agent} ${call.customer}`.toLowerCase().includes(filters.values.q.toLowerCase())),
  );

  if (show === "parts") {
    return (
      <Page title="Parts" actions={<Button onClick={() => setOpen(true)}>New person</Button>}>
        <Group>
          {(["live", "held", "ended", "warning"] as const).map((state) => (
            <StateBadge key={state} state={state} />
          ))}
        </Group>
        <Group>
          <AbilityButton ability="always" leftSection={<IconEar size={16} />} run={() => wait(1500)} keys="m">
            Monitor
          </AbilityButton>
          <AbilityButton variant="default" ability={calls[2]?.ability} run={() => undefined}>
            Coach
          </AbilityButton>
          <AbilityButton variant="default" ability="always" run={() => Promise.reject(notNow)}>
            Barge
          </AbilityButton>
          <AbilityButton variant="subtle" ability="always" run={() => notifyDone("Coaching started")}>
            Say it
          </AbilityButton>
          <ConfirmButton
            ability="always"
            ask={{ title: "Disconnect Sofia Berg?", text: "Her coaching of Ana Lima ends at once. She is told that you did it.", action: "Disconnect", run: () => wait(800) }}
          >
            Disconnect
          </ConfirmButton>
        </Group>
        <ProblemAlert problem={notNow} onRetry={() => undefined} />
        <Section title="Timeline">
          <SampleTimeline />
        </Section>
        <QuickWindow
          opened={isOpen}
          onClose={() => setOpen(false)}
          title="New person"
          draftKey="gallery.person"
          initial={{ name: "", team: "", note: "", isActive: true }}
          validate={(values) => ({ name: values.name === "" ? "Enter a name." : undefined })}
          onSubmit={async () => {
            await wait(500);
            throw new Problem({ ...notNow.extras, type: "", title: "Can't be accepted", status: 422, detail: "", code: "invalid", fields: { team: "Choose a team that you manage." } });
          }}
        >
          {(form) => (
            <>
              <TextInput label="Name" withAsterisk {...form.field("name")} />
              <Select label="Team" data={["North", "South"]} {...form.field("team")} onChange={(value) => form.set("team", value ?? "")} />
              <Textarea label="Note" {...form.field("note")} />
              <Checkbox label="Active" checked={form.values.isActive} onChange={(event) => form.set("isActive", event.currentTarget.checked)} />
            </>
          )}
        </QuickWindow>
      </Page>
    );
  }

  return (
    <Page title="Interactions" lead="Sample rows, to look at the table" fill>
      <FilterBar filters={filters} />
      <DataTable
        label="Sample interactions"
        height="fill"
        columns={COLUMNS}
        rows={show === "loading" || show === "failed" ? undefined : show === "empty" ? [] : rows}
        problem={show === "failed" ? notNow : undefined}
        onRetry={() => undefined}
        rowId={(row) => row.id}
        rowName={(row) => `call with ${row.agent}`}
        openId={pane.target?.id}
        onOpen={(row) => pane.open("sample", row.id)}
        sort={{ by: "length", direction: "descending" }}
        onSort={() => undefined}
        actions={(row) => [
          { id: "monitor", label: "Monitor", keys: "m", icon: IconEar, ability: "always", run: () => wait(1500) },
          { id: "coach", label: "Coach", keys: "c", icon: IconHeadphones, ability: row.ability, run: () => wait(800) },
          { id: "barge", label: "Barge", keys: "b", icon: IconMicrophone2, ability: { allowed: true }, run: () => Promise.reject(notNow) },
          { id: "take", label: "Barge-Kick", keys: "k", icon: IconUserShare, ability: { allowed: true }, run: () => wait(800) },
        ]}
        empty={
          <EmptyState
            icon={IconPhoneCall}
            title="No calls match these filters"
            text="Calls appear here the moment they start."
            action={
              <Button variant="default" onClick={filters.clear}>
                Clear filters
              </Button>
            }
          />
        }
      />
    </Page>
  );
}
