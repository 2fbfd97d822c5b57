import assert from "node:assert/strict";
import test from "node:test";
import { decisiveVisit, markOf, messageOf, seconds, storyOf, takenEdges, verdictOf } from "../../../web/workflow/story.js";

const visit = (name, from, to, more = {}) => ({
  name, entered_ms: from, exited_ms: to, outcome: "succeeded", next: null, input: {}, output: {}, error: null, cause: null, attempts: [], ...more,
});
const task = (name, from, to, answer, more = {}) =>
  visit(name, from, to, { output: { answer }, attempts: [{ started_ms: from, ended_ms: to, error: null, cause: null }], ...more });
const broken = { error: "AccessDenied", cause: '{"errorMessage": "No.", "errorType": "AccessDenied"}' };

const execution = (more) => ({
  name: "e", machine: "m", type: "EXPRESS", status: "SUCCEEDED", owner_id: "o", photo_id: "p", filename: "moon.jpg", photo_status: "ready",
  outcome: null, code: null, detail: null, started_ms: 0, stopped_ms: 1200, duration_ms: 1200, arn: "", definition: null, input: {}, output: {},
  error: null, cause: null, visits: [], log: null, trace: null, log_groups: {}, ...more,
});

const STEPS = [
  task("Validate", 0, 100, { outcome: "accepted" }),
  visit("Is it valid?", 100, 100, { output: { answer: { outcome: "accepted" } } }),
  task("Previews", 100, 1000, { outcome: "rendered" }),
];
const GOOD = execution({ outcome: "ready", visits: [...STEPS, task("Persist", 1000, 1200, { outcome: "ready" })] });
const REPEATED = execution({ outcome: "ready", visits: [task("Validate", 0, 30, { outcome: "ready" })], stopped_ms: 30 });
const REFUSED = execution({
  outcome: "rejected", code: "CorruptImage", detail: "It ends too early.", stopped_ms: 300,
  visits: [...STEPS.slice(0, 2), task("Previews", 100, 200, { outcome: "rejected" }), task("Reject", 200, 300, { outcome: "rejected" })],
});
const DECLINED = execution({ outcome: "declined", code: "UploadMissing", detail: "Upload it first.", visits: [task("Validate", 0, 9, { outcome: "declined" })] });
const FAULTED = execution({
  status: "FAILED", code: "InternalError", error: "InternalError", cause: "It broke.", stopped_ms: 2000,
  visits: [STEPS[0], task("Persist", 100, 1900, undefined, { outcome: "caught", ...broken, attempts: [{}, {}] }), visit("Fail", 1900, 2000), visit("Failed", 2000, 2000, { outcome: "failed", error: "InternalError" })],
});
const LATE = execution({ status: "TIMED_OUT", stopped_ms: 27_000, visits: [STEPS[0], visit("Previews", 100, 27_000, { outcome: "timed_out", error: "States.Timeout" })] });
const RUNNING = execution({ status: "RUNNING", stopped_ms: null, visits: [STEPS[0], visit("Previews", 100, null, { outcome: "running" })] });
const OTHER = execution({ visits: [task("List", 0, 1200, undefined, { attempts: [{}, {}] })] });
const ROUNDS = execution({
  visits: [task("Plan", 0, 20), task("Renew", 20, 1200), task("Renew", 20, 900), task("Plan", 1200, 1208), task("Tell", 1, 2), task("Tell", 2, 3)],
});

for (const [given, label, decisive, story] of [
  [GOOD, "Ready", undefined, "moon.jpg became ready in 1.2 s: Validate 0.10 s, Previews 0.90 s, Persist 0.20 s."],
  [REPEATED, "Ready", undefined, "moon.jpg was ready before: nothing had to be done, and the answer took 30 ms."],
  [REFUSED, "Refused", "Previews", "moon.jpg was refused after 0.30 s by Previews: It ends too early (CorruptImage)."],
  [DECLINED, "Turned away", "Validate", "Nothing was done with moon.jpg: Upload it first (UploadMissing)."],
  [FAULTED, "Broke", "Persist", "moon.jpg did not get through: Persist broke 2 times (AccessDenied). No. Fail took over, and the work ended after 2.0 s."],
  [LATE, "Ran out of time", "Previews", "moon.jpg ran out of time after 27 s, while Previews was at work."],
  [RUNNING, "Running", "Previews", "moon.jpg is being worked on: Previews has been at it for 0.40 s."],
  [execution({ status: "RUNNING", stopped_ms: null }), "Running", undefined, "moon.jpg is about to be worked on."],
  [execution({ status: "ABORTED" }), "Stopped", undefined, "Somebody stopped the work on moon.jpg after 1.2 s."],
  [execution({ status: "FAILED", error: "States.Runtime", cause: "There is no path." }), "Broke", undefined, "moon.jpg did not get through, after 1.2 s: There is no path (States.Runtime)."],
  [execution({}), "Done", undefined, "moon.jpg was done in 1.2 s."],
  [ROUNDS, "Done", undefined, "moon.jpg was done in 1.2 s: Plan 2 times, 8 ms to 20 ms each, Renew 2 times, 0.88 s to 1.2 s each, Tell 2 times, 1 ms each."],
  [OTHER, "Done", undefined, "moon.jpg was done in 1.2 s: List 1.2 s in 2 attempts."],
]) {
  test(`the story: ${story}`, () => {
    assert.equal(storyOf(given, "moon.jpg", 500), story);
    assert.equal(verdictOf(given).label, label);
    assert.equal(decisiveVisit(given)?.name, decisive);
  });
}

test("a long reason is cut between words", () => {
  const cause = `${"word ".repeat(40)}end`;
  const told = storyOf(execution({ status: "FAILED", visits: [task("A", 0, 1, null, { outcome: "failed", error: "E", cause })] }), "It", 0);
  assert.equal(told, `It did not get through: A broke (E). ${"word ".repeat(20)}…`);
});

test("only the way that was gone is taken, and by an error only if there was one", () => {
  const edges = [
    { from: "A", to: "B", isCatch: false, label: "" },
    { from: "A", to: "B", isCatch: true, label: "on error" },
    { from: "A", to: "C", isCatch: false, label: "" },
  ];
  assert.deepEqual([...takenEdges([visit("A", 0, 1, { next: "B" }), visit("B", 1, 2)], edges)], [edges[0]]);
  assert.deepEqual([...takenEdges([visit("A", 0, 1, { next: "B", outcome: "caught" }), visit("B", 1, 2)], edges)], [edges[1]]);
});

test("of several visits to a state, the one that matters most is told", () => {
  const outcomes = (...all) => all.map((outcome) => visit("A", 0, 1, { outcome }));
  assert.deepEqual(
    [[], ["succeeded"], ["succeeded", "caught"], ["failed", "succeeded"], ["failed", "running"]].map((all) => markOf(outcomes(...all))),
    ["skipped", "succeeded", "caught", "failed", "running"],
  );
});

test("a cause is told as Lambda's message, or as it is", () => {
  assert.deepEqual([broken.cause, "Task timed out", '{"other": 1}', null].map(messageOf), ["No.", "Task timed out", '{"other": 1}', ""]);
});

test("durations are said as people say them", () => {
  assert.deepEqual([-3, 0, 41.4, 99.6, 410, 995, 9940, 12_300, 200_000].map(seconds), ["0 ms", "0 ms", "41 ms", "0.10 s", "0.41 s", "1.0 s", "9.9 s", "12 s", "3 min 20 s"]);
});
