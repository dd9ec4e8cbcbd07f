import { expect, test } from "vitest";
import { arrivalsOf, StandStill } from "./stand-still";

/** What each look says while this much came in before it. */
function looks(came: readonly { bytes?: number; answers?: number }[]): boolean[] {
  const watch = new StandStill();
  let [bytes, answers] = [0, 0];
  return came.map((each) => {
    bytes += each.bytes ?? 0;
    answers += each.answers ?? 0;
    return watch.look({ bytes, answers });
  });
}

const sound = { bytes: 2000 };
const report = { bytes: 80 };
const answer = { answers: 1 };
const nothing = {};

test("sound that stops coming is a stand-still at the fifth look, and none any more once something comes", () => {
  const said = looks([sound, sound, sound, nothing, nothing, nothing, nothing, nothing, nothing, report]);
  expect(said.indexOf(true)).toBe(7);
  expect(said.at(-2)).toBe(true);
  expect(said.at(-1)).toBe(false);
});

test("silence, during which the reports come a second apart, is no stand-still", () => {
  const silence = Array.from({ length: 20 }, () => [report, nothing, nothing]).flat();
  expect(looks([sound, sound, sound, ...silence])).not.toContain(true);
});

test("a report that was lost on the way is no stand-still", () => {
  const silence = [report, nothing, nothing, nothing, nothing, report, nothing];
  expect(looks([sound, sound, sound, ...silence])).not.toContain(true);
});

test("a phone that nobody has spoken to yet does not stand still, though it is sent next to nothing", () => {
  const idle = Array.from({ length: 10 }, () => [answer, nothing, nothing, nothing, nothing, nothing, nothing]).flat();
  expect(looks([{ bytes: 300 }, ...idle])).not.toContain(true);
});

test("an answer of the other side is a sign that it is there", () => {
  expect(looks([sound, sound, sound, nothing, nothing, nothing, nothing, answer, nothing])).not.toContain(true);
});

test("what came in is counted of the connection, not of each line", () => {
  const stats = new Map<string, object>([
    ["T", { type: "transport", bytesReceived: 100 }],
    ["P", { type: "candidate-pair", responsesReceived: 3 }],
    ["I", { type: "inbound-rtp", bytesReceived: 70 }],
  ]);
  expect(arrivalsOf(stats as unknown as RTCStatsReport)).toEqual({ bytes: 100, answers: 3 });
});
