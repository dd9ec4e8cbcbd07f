import { useState } from "react";
import { TimelineToScale, type Lane } from "@/ui";

/** A call as a timeline: talk, hold, a transfer, and a supervisor who monitors, coaches and barges. */
export function SampleTimeline() {
  const [start] = useState(() => Date.now() - 754_000);
  const at = (seconds: number) => start + seconds * 1000;
  const lanes: Lane[] = [
    {
      id: "customer",
      label: "Customer",
      segments: [
        { id: "c1", tone: "wait", label: "Waiting", start: at(0), end: at(48) },
        { id: "c2", tone: "talk", label: "Talking", start: at(48), end: at(310) },
        { id: "c3", tone: "hold", label: "On hold", start: at(310), end: at(402) },
        { id: "c4", tone: "talk", label: "Talking", start: at(402), end: null },
      ],
    },
    {
      id: "ana",
      label: "Ana Lima",
      segments: [
        { id: "a1", tone: "talk", label: "Talking", start: at(48), end: at(310) },
        { id: "a2", tone: "consult", label: "Consulting Ben", start: at(310), end: at(402) },
        { id: "a3", tone: "talk", label: "Talking", start: at(402), end: null },
      ],
      marks: [{ id: "m1", label: "Asked for help", at: at(505) }],
    },
    {
      id: "sofia",
      label: "Sofia Berg",
      segments: [
        { id: "s1", tone: "monitor", label: "Monitor", start: at(430), end: at(520) },
        { id: "s2", tone: "coach", label: "Coach", start: at(520), end: at(655) },
        { id: "s3", tone: "barge", label: "Barge", start: at(655), end: null },
      ],
    },
  ];
  return <TimelineToScale title="the call with Ana Lima" lanes={lanes} start={start} end={null} />;
}
