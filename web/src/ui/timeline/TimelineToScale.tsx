import { Table } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useId } from "react";
import { useNow } from "@/lib/clock";
import { formatDuration, formatTimeWithSeconds, speakDuration, useTimeZone } from "@/lib/format";
import { t } from "@/lib/texts";
import { place, ticks, type Span } from "./scale";
import classes from "./TimelineToScale.module.css";

/**
 * How a segment looks. `talk`, `hold` and `wait` belong to the interaction; `monitor`, `coach` and `barge` to a
 * supervisor, ever more solid as they become more audible.
 */
export type SegmentTone = "talk" | "hold" | "wait" | "consult" | "monitor" | "coach" | "barge";

/** Something that lasted. */
export interface Segment {
  readonly id: string;
  readonly tone: SegmentTone;
  /** What it is, in words: "On hold". */
  readonly label: string;
  /** ISO 8601 or milliseconds. */
  readonly start: string | number;
  /** Null: still going on. */
  readonly end: string | number | null;
}

/** Something that happened at a point in time. */
export interface Mark {
  readonly id: string;
  readonly label: string;
  readonly at: string | number;
}

/** A row of the timeline: a participant, a supervisor. */
export interface Lane {
  readonly id: string;
  readonly label: string;
  readonly segments: readonly Segment[];
  readonly marks?: readonly Mark[];
}

interface Props {
  /** What it is the timeline of, for its accessible name. */
  title: string;
  lanes: readonly Lane[];
  start: string | number;
  /** Null: it is live, and the right edge is now. */
  end: string | number | null;
}

const ms = (at: string | number) => new Date(at).getTime();

/** Lanes of segments drawn to scale of time, with the table of the same facts behind them. */
export function TimelineToScale(props: Props) {
  return props.end === null ? <Live {...props} /> : <Drawn {...props} now={ms(props.end)} />;
}

function Live(props: Props) {
  return <Drawn {...props} now={useNow()} />;
}

function Drawn({ title, lanes, start, end, now }: Props & { now: number }) {
  useTimeZone();
  const { ref, width } = useElementSize();
  const tableId = useId();
  const isLive = end === null;
  const span: Span = { start: ms(start), end: Math.max(now, ms(start) + 1000) };
  const marks = ticks(span, Math.max(2, Math.floor((width || 600) / 90)));
  const until = (segment: Segment) => (segment.end === null ? span.end : ms(segment.end));
  const isLastClose = (offset: number) => isLive && place(span, span.start + offset) > 93;

  return (
    <figure className={classes.figure} aria-label={t("timeline.label", { title })}>
      <div className={classes.grid} aria-hidden="true">
        <div />
        <div className={classes.axis} ref={ref}>
          {marks.map((offset) => (
            <span
              key={offset}
              className={classes.tick}
              data-first={offset === 0 || undefined}
              style={{ left: `${place(span, span.start + offset)}%` }}
            >
              {isLastClose(offset) ? "" : formatDuration(offset / 1000)}
            </span>
          ))}
          {isLive && <span className={classes.nowLabel}>{t("timeline.now")}</span>}
        </div>
        {lanes.map((lane) => (
          <div key={lane.id} className={classes.lane}>
            <div className={classes.laneLabel} title={lane.label}>
              {lane.label}
            </div>
            <div className={classes.track} data-live={isLive || undefined}>
              {marks.map((offset) => (
                <span key={offset} className={classes.rule} style={{ left: `${place(span, span.start + offset)}%` }} />
              ))}
              {lane.segments.map((segment) => {
                const left = place(span, ms(segment.start));
                const length = formatDuration((until(segment) - ms(segment.start)) / 1000);
                return (
                  <span
                    key={segment.id}
                    className={classes.segment}
                    data-tone={segment.tone}
                    data-open={segment.end === null || undefined}
                    style={{ left: `${left}%`, width: `${place(span, until(segment)) - left}%` }}
                    title={`${segment.label} · ${formatTimeWithSeconds(segment.start)} · ${length}`}
                  >
                    <span className={classes.segmentLabel}>{segment.label}</span>
                  </span>
                );
              })}
              {lane.marks?.map((mark) => (
                <span
                  key={mark.id}
                  className={classes.mark}
                  style={{ left: `${place(span, ms(mark.at))}%` }}
                  title={`${mark.label} · ${formatTimeWithSeconds(mark.at)}`}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
      <details className={classes.details}>
        <summary>{t("timeline.show_table")}</summary>
        <Table className={classes.table} id={tableId} withRowBorders={false}>
          <Table.Thead>
            <Table.Tr>
              {(["timeline.who", "timeline.what", "timeline.from", "timeline.to", "timeline.length"] as const).map((key) => (
                <Table.Th key={key} scope="col">
                  {t(key)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lanes.flatMap((lane) => [
              ...lane.segments.map((segment) => (
                <Table.Tr key={segment.id}>
                  <Table.Td>{lane.label}</Table.Td>
                  <Table.Td>{segment.label}</Table.Td>
                  <Table.Td>{formatTimeWithSeconds(segment.start)}</Table.Td>
                  <Table.Td>{segment.end === null ? t("timeline.still") : formatTimeWithSeconds(segment.end)}</Table.Td>
                  <Table.Td aria-label={speakDuration((until(segment) - ms(segment.start)) / 1000)}>
                    {formatDuration((until(segment) - ms(segment.start)) / 1000)}
                  </Table.Td>
                </Table.Tr>
              )),
              ...(lane.marks ?? []).map((mark) => (
                <Table.Tr key={mark.id}>
                  <Table.Td>{lane.label}</Table.Td>
                  <Table.Td>{mark.label}</Table.Td>
                  <Table.Td>{formatTimeWithSeconds(mark.at)}</Table.Td>
                  <Table.Td />
                  <Table.Td />
                </Table.Tr>
              )),
            ])}
          </Table.Tbody>
        </Table>
      </details>
    </figure>
  );
}
