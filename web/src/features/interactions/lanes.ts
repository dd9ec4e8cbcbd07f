import { formatPlain } from "./plain";
import { modeLook } from "@/features/engagements";
import { t, tMaybe } from "@/lib/texts";
import type { Lane, Segment, SegmentTone } from "@/ui";
import type { InteractionDetail } from "./use-interactions";

const TONES: Record<string, SegmentTone> = {
  waiting: "wait",
  ringing: "wait",
  talk: "talk",
  hold: "hold",
  consult: "consult",
  mute: "hold",
};

/** The timeline's lanes: a lane a participant, and one below for each supervisor with the stretches of their modes. */
export function lanesOf(detail: InteractionDetail): Lane[] {
  const laneOf = (id: string, label: string): Lane => ({
    id,
    label,
    segments: detail.segments
      .filter((segment) => segment.participant_id === id && segment.kind !== "mute")
      .map((segment): Segment => ({
        id: segment.id,
        tone: TONES[segment.kind] ?? "talk",
        label: tMaybe(`interaction.segment.${segment.kind}`) ?? segment.kind,
        start: segment.started_at,
        end: segment.ended_at,
      })),
    marks: detail.marks
      .filter((mark) => mark.participant_id === id)
      .map((mark, place) => ({ id: `${id} ${mark.kind} ${place}`, label: markLabel(mark), at: mark.at })),
  });
  const seats = detail.participants.filter((each) => detail.segments.some((segment) => segment.participant_id === each.id));
  const supervisors = new Map<string, Lane & { segments: Segment[] }>();
  for (const segment of detail.engagement_segments) {
    const { id, name } = segment.supervisor;
    const lane = supervisors.get(id) ?? { id: `supervisor ${id}`, label: name, segments: [] };
    lane.segments.push({
      id: segment.id,
      tone: segment.mode === "monitor" ? "monitor" : segment.mode === "coach" ? "coach" : "barge",
      label: t(modeLook(segment.mode).verb),
      start: segment.started_at,
      end: segment.ended_at,
    });
    supervisors.set(id, lane);
  }
  return [...seats.map((each) => laneOf(each.id, each.name || t("interaction.customer"))), ...supervisors.values()];
}

function markLabel({ kind, text }: { kind: string; text: string }): string {
  return [tMaybe(`interaction.mark.${kind}`) ?? formatPlain(kind), text].filter(Boolean).join(" · ");
}
