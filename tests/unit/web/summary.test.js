import assert from "node:assert/strict";
import test from "node:test";
import { statusOf, summarize } from "../../../web/workflow/summary.js";
import { decisiveVisit } from "../../../web/workflow/visits.js";

const visit = (name, from, to, more = {}) => ({
  name, entered_ms: from, exited_ms: to, outcome: "succeeded", next: null, input: {}, output: {}, error: null, cause: null, attempts: [], ...more,
});
const task = (name, from, to, result, more = {}) =>
  visit(name, from, to, { output: { result }, attempts: [{ started_ms: from, ended_ms: to, error: null, cause: null }], ...more });
const accessDenied = { error: "AccessDenied", cause: '{"errorMessage": "No.", "errorType": "AccessDenied"}' };

const execution = (more) => ({
  name: "e", machine: "m", type: "EXPRESS", status: "SUCCEEDED", owner_id: "o", photo_id: "p", filename: "moon.jpg", photo_status: "ready",
  outcome: null, code: null, detail: null, started_ms: 0, stopped_ms: 1200, duration_ms: 1200, arn: "", definition: null, input: {}, output: {},
  error: null, cause: null, visits: [], log: null, trace: null, log_groups: {}, ...more,
});

const STEPS = [
  task("Validate", 0, 100, { outcome: "accepted" }),
  visit("Is it valid?", 100, 100, { output: { result: { outcome: "accepted" } } }),
  task("Previews", 100, 1000, { outcome: "rendered" }),
];
const GOOD = execution({ outcome: "ready", visits: [...STEPS, task("Persist", 1000, 1200, { outcome: "ready" })] });
const REPEATED = execution({ outcome: "ready", visits: [task("Validate", 0, 30, { outcome: "ready" })], stopped_ms: 30 });
const REJECTED = execution({
  outcome: "rejected", code: "CorruptImage", detail: "It ends too early.", stopped_ms: 300,
  visits: [...STEPS.slice(0, 2), task("Previews", 100, 200, { outcome: "rejected" }), task("Reject", 200, 300, { outcome: "rejected" })],
});
const DECLINED = execution({ outcome: "declined", code: "UploadMissing", detail: "Upload it first.", visits: [task("Validate", 0, 9, { outcome: "declined" })] });
const FAULTED = execution({
  status: "FAILED", code: "InternalError", error: "InternalError", cause: "It broke.", stopped_ms: 2000,
  visits: [STEPS[0], task("Persist", 100, 1900, undefined, { outcome: "caught", ...accessDenied, attempts: [{}, {}] }), task("Fail", 1900, 2000), visit("Failed", 2000, 2000, { outcome: "failed", error: "InternalError" })],
});
const BRANCHES = execution({
  status: "FAILED", code: "InternalError", error: "InternalError", cause: "It broke.", stopped_ms: 500,
  visits: [
    STEPS[0], visit("Process", 100, 400), task("Previews", 100, 200, undefined, { outcome: "caught", ...accessDenied, attempts: [{}] }),
    task("Promote", 100, 400, { promoted: "promoted" }), visit("Not rendered", 200, 200), task("Fail", 400, 500),
  ],
});
const LATE = execution({ status: "TIMED_OUT", stopped_ms: 27_000, visits: [STEPS[0], visit("Previews", 100, 27_000, { outcome: "timed_out", error: "States.Timeout" })] });
const RUNNING = execution({ status: "RUNNING", stopped_ms: null, visits: [STEPS[0], visit("Previews", 100, null, { outcome: "running" })] });
const OTHER = execution({ visits: [task("List", 0, 1200, undefined, { attempts: [{}, {}] })] });
const ROUNDS = execution({
  visits: [task("Plan", 0, 20), task("Renew", 20, 1200), task("Renew", 20, 900), task("Plan", 1200, 1208), task("List", 1, 2), task("List", 2, 3)],
});

for (const [given, label, decisive, summary] of [
  [GOOD, "Ready", undefined, "moon.jpg became ready in 1.2 s: Validate 0.10 s, Previews 0.90 s, Persist 0.20 s."],
  [REPEATED, "Ready", undefined, "moon.jpg was already ready, so no step processed it. The execution took 30 ms."],
  [REJECTED, "Rejected", "Previews", "moon.jpg was rejected by Previews after 0.30 s: It ends too early (CorruptImage)."],
  [DECLINED, "Declined", "Validate", "The request for moon.jpg was declined: Upload it first (UploadMissing)."],
  [FAULTED, "Failed", "Persist", "moon.jpg failed: Persist failed 2 times (AccessDenied). No. Fail handled the error. The execution ended after 2.0 s."],
  [BRANCHES, "Failed", "Previews", "moon.jpg failed: Previews failed (AccessDenied). No. Fail handled the error. The execution ended after 0.50 s."],
  [LATE, "Timed out", "Previews", "moon.jpg timed out after 27 s in Previews."],
  [RUNNING, "Running", "Previews", "moon.jpg is in progress: Previews has been running for 0.40 s."],
  [execution({ status: "RUNNING", stopped_ms: null }), "Running", undefined, "moon.jpg has not entered a state yet."],
  [execution({ status: "ABORTED" }), "Aborted", undefined, "moon.jpg was aborted after 1.2 s."],
  [execution({ status: "FAILED", error: "States.Runtime", cause: "There is no path." }), "Failed", undefined, "moon.jpg failed after 1.2 s: There is no path (States.Runtime)."],
  [execution({}), "Succeeded", undefined, "moon.jpg succeeded in 1.2 s."],
  [ROUNDS, "Succeeded", undefined, "moon.jpg succeeded in 1.2 s: Plan 2 times, 8 ms to 20 ms each, Renew 2 times, 0.88 s to 1.2 s each, List 2 times, 1 ms each."],
  [OTHER, "Succeeded", undefined, "moon.jpg succeeded in 1.2 s: List 1.2 s in 2 attempts."],
]) {
  test(`summary: ${summary}`, () => {
    assert.equal(summarize(given, "moon.jpg", 500), summary);
    assert.equal(statusOf(given).label, label);
    assert.equal(decisiveVisit(given)?.name, decisive);
  });
}

test("a long message is cut between words", () => {
  const cause = `${"word ".repeat(40)}end`;
  const summary = summarize(execution({ status: "FAILED", visits: [task("A", 0, 1, null, { outcome: "failed", error: "E", cause })] }), "It", 0);
  assert.equal(summary, `It failed: A failed (E). ${"word ".repeat(20)}…`);
});
