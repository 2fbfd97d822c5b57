import assert from "node:assert/strict";
import test from "node:test";
import { messageOf, stateOutcomeOf, takenEdges } from "../../../web/workflow/visits.js";

const visit = (fields) => ({ outcome: "succeeded", next: null, ...fields });

test("an edge is taken only if a visit followed it", () => {
  const edges = [
    { from: "A", to: "B", isCatch: false, label: "" },
    { from: "A", to: "B", isCatch: true, label: "on error" },
    { from: "A", to: "C", isCatch: false, label: "" },
  ];
  assert.deepEqual([...takenEdges([visit({ name: "A", next: "B" }), visit({ name: "B" })], edges)], [edges[0]]);
  assert.deepEqual([...takenEdges([visit({ name: "A", next: "B", outcome: "caught" }), visit({ name: "B" })], edges)], [edges[1]]);
});

test("the most important outcome of several visits counts", () => {
  const outcomes = (...all) => all.map((outcome) => visit({ name: "A", outcome }));
  assert.deepEqual(
    [[], ["succeeded"], ["succeeded", "caught"], ["failed", "succeeded"], ["failed", "running"]].map((all) => stateOutcomeOf(outcomes(...all))),
    ["skipped", "succeeded", "caught", "failed", "running"],
  );
});

test("the message of a cause is that of the exception, or the cause", () => {
  assert.deepEqual(['{"errorMessage": "No."}', "Task timed out", '{"other": 1}', null].map(messageOf), ["No.", "Task timed out", '{"other": 1}', ""]);
});
