import { Duration, AbilityButton, Facts, Pane, Section, StateBadge } from "@/ui";
import { SampleTimeline } from "./SampleTimeline";

/** A third pane with something in it. */
export default function SamplePane({ id }: { id: string }) {
  return (
    <Pane
      title="Ana Lima with +44 20 7946 0100"
      lead={id}
      actions={
        <>
          <AbilityButton ability="always" run={() => undefined} keys="m">
            Monitor
          </AbilityButton>
          <AbilityButton
            variant="default"
            ability={{ allowed: false, refusal: { code: "observe_first", text: "Monitor the interaction first; then you can change over." } }}
            run={() => undefined}
          >
            Coach
          </AbilityButton>
        </>
      }
    >
      <Facts
        items={[
          ["State", <StateBadge key="state" state="live" />],
          ["Length", <Duration key="length" since={Date.now() - 754_000} />],
          ["Queue", "Support"],
          ["Campaign", "Spring renewal"],
          ["Result code", null],
        ]}
      />
      <Section title="Timeline">
        <SampleTimeline />
      </Section>
    </Pane>
  );
}
