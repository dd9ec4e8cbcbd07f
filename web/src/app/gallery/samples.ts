import type { Ability } from "@/api";
import type { State } from "@/ui";

/** A row that looks like a call in progress. */
export interface SampleCall {
  readonly id: string;
  readonly agent: string;
  readonly customer: string;
  readonly queue: string;
  readonly campaign: string;
  readonly state: State;
  readonly since: number;
  readonly listener: string | null;
  readonly ability: Ability;
}

const AGENTS = ["Ana Lima", "Ben Okafor", "Chiara Russo", "Dev Patel", "Elif Kaya", "Finn Larsen", "Grace Mbeki", "Hugo Petit"];
const QUEUES = ["Support", "Sales", "Renewals"];
const STATES: readonly State[] = ["live", "live", "held", "live", "warning", "live", "ended", "live"];

/** `count` calls that began one after the other before now. */
export function sampleCalls(count: number): SampleCall[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, index) => ({
    id: `call-${index}`,
    agent: AGENTS[index % AGENTS.length]!,
    customer: `+44 20 7946 0${String(100 + index).slice(-3)}`,
    queue: QUEUES[index % QUEUES.length]!,
    campaign: index % 4 === 0 ? "" : "Spring renewal",
    state: STATES[index % STATES.length]!,
    since: now - (40 + index * 37) * 1000,
    listener: index % 5 === 1 ? "Sofia Berg" : null,
    ability:
      index % 3 === 2
        ? { allowed: false, refusal: { code: "observe_first", text: "Monitor the interaction first; then you can change over." } }
        : { allowed: true },
  }));
}
