import assert from "node:assert/strict";
import test from "node:test";
import { shortName, ticks, timelineOf } from "../../../web/workflow/segments.js";

const TRACE = {
  trace_id: "1-00000000-000000000000000000000000",
  segments: [
    {
      id: "f",
      name: "PhotoSky-dev-Validate809E4227-39A5327A10E3",
      origin: "AWS::Lambda::Function",
      parent_id: "s",
      start_time: 100.1,
      end_time: 100.3,
      fault: true,
      annotations: { photo_id: "p" },
      cause: { exceptions: [{ type: "KeyError", message: "'x'" }] },
      subsegments: [{ id: "c", name: "s3", namespace: "aws", start_time: 100.15, end_time: 100.2, error: true, aws: { operation: "GetObject" } }],
    },
    { id: "g", name: "PhotoSky dev/v1", origin: "AWS::ApiGateway::Stage", start_time: 100, end_time: 100.5, http: { response: { status: 500 } }, subsegments: [{ id: "s", name: "Validate", start_time: 100.1, in_progress: true }] },
  ],
};

test("each row follows its parent and has the fields of its document", () => {
  const { rows, length_ms, ticks_ms } = timelineOf(TRACE, 100_400);
  const rounded = rows.map((row) => ({ ...row, start_ms: Math.round(row.start_ms), duration_ms: Math.round(row.duration_ms) }));
  assert.deepEqual(rounded, [
    { id: "g", name: "PhotoSky dev/v1", depth: 0, kind: "gateway", start_ms: 0, duration_ms: 500, isInProgress: false, state: "ok", facts: [["http.response.status", "500"]] },
    { id: "s", name: "Validate", depth: 1, kind: "subsegment", start_ms: 100, duration_ms: 300, isInProgress: true, state: "ok", facts: [] },
    {
      id: "f",
      name: "Validate",
      depth: 2,
      kind: "function",
      start_ms: 100,
      duration_ms: 200,
      isInProgress: false,
      state: "fault",
      facts: [["name", "PhotoSky-dev-Validate809E4227-39A5327A10E3"], ["photo_id", "p"], ["exception", "KeyError: 'x'"]],
    },
    { id: "c", name: "s3 GetObject", depth: 3, kind: "call", start_ms: 150, duration_ms: 50, isInProgress: false, state: "error", facts: [["aws.operation", "GetObject"]] },
  ]);
  assert.equal(Math.round(length_ms), 500);
  assert.deepEqual(ticks_ms, [0, 100, 200, 300, 400, 500]);
});

test("an empty trace has no rows", () => {
  assert.deepEqual(timelineOf({ trace_id: "1", segments: [] }, 0), { rows: [], length_ms: 0, ticks_ms: [] });
});

for (const [length, expected] of [
  [0.7, [0, 0.2, 0.4, 0.6]],
  [45, [0, 10, 20, 30, 40]],
  [1603, [0, 500, 1000, 1500]],
  [27_000, [0, 5000, 10_000, 15_000, 20_000, 25_000]],
]) {
  test(`ticks of ${length} ms are round`, () => assert.deepEqual(ticks(length), expected));
}

test("a name without hashes is not shortened", () => {
  assert.equal(shortName("Is it valid?"), "Is it valid?");
});
