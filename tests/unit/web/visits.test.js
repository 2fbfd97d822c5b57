import assert from "node:assert/strict";
import test from "node:test";
import { messageOf, stateOutcomeOf, takenEdges, withRefusal } from "../../../web/workflow/visits.js";

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

test("the step that refused has not succeeded", () => {
  const step = (name, outcome) => visit({ name, attempts: [{}], output: { result: { outcome } } });
  const visits = [step("Validate", "rejected"), visit({ name: "Is it valid?", attempts: [] }), step("Reject", "rejected")];
  const outcomes = (execution) => withRefusal({ status: "SUCCEEDED", visits, ...execution }).visits.map(({ outcome }) => outcome);
  assert.deepEqual(outcomes({ outcome: "rejected" }), ["rejected", "succeeded", "succeeded"]);
  assert.deepEqual(outcomes({ outcome: "declined", visits: [step("Validate", "declined")] }), ["declined"]);
  assert.deepEqual(outcomes({ outcome: "ready" }), ["succeeded", "succeeded", "succeeded"]);
  assert.deepEqual(outcomes({ status: "RUNNING", outcome: null }), ["succeeded", "succeeded", "succeeded"]);
  assert.equal(stateOutcomeOf([visit({ name: "A" }), visit({ name: "A", outcome: "rejected" })]), "rejected");
});

test("the message of a cause is that of the exception, or the cause", () => {
  assert.deepEqual(['{"errorMessage": "No."}', "Task timed out", '{"other": 1}', null].map(messageOf), ["No.", "Task timed out", '{"other": 1}', ""]);
});
