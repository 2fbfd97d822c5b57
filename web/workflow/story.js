// What happened in an execution, told in a sentence to somebody who has never seen a state machine.

/**
 * @typedef {object} Attempt
 * @property {number} started_ms
 * @property {number | null} ended_ms
 * @property {string | null} error
 * @property {string | null} cause
 *
 * @typedef {"running" | "succeeded" | "caught" | "failed" | "timed_out" | "aborted"} VisitOutcome
 *
 * @typedef {object} Visit One stay of an execution in a state.
 * @property {string} name
 * @property {number} entered_ms
 * @property {number | null} exited_ms
 * @property {VisitOutcome} outcome
 * @property {string | null} next The state that followed.
 * @property {any} input
 * @property {any} output
 * @property {string | null} error
 * @property {string | null} cause
 * @property {Attempt[]} attempts
 *
 * @typedef {object} Summary
 * @property {string} name
 * @property {string} machine
 * @property {"EXPRESS" | "STANDARD"} type
 * @property {"RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED"} status
 * @property {string | null} owner_id
 * @property {string | null} photo_id
 * @property {string | null} filename
 * @property {string | null} photo_status What the photo's record says now.
 * @property {string | null} outcome
 * @property {string | null} code
 * @property {string | null} detail
 * @property {number} started_ms
 * @property {number | null} stopped_ms
 * @property {number | null} duration_ms
 *
 * @typedef {object} More
 * @property {string} arn
 * @property {import("./definition.js").Definition | null} definition
 * @property {any} input
 * @property {any} output
 * @property {string | null} error
 * @property {string | null} cause
 * @property {Visit[]} visits
 * @property {{group: string, level: string, with_data: boolean} | null} log
 * @property {import("./timeline.js").Trace | null} trace
 * @property {Record<string, string>} log_groups Where each function logs, by its ARN.
 *
 * @typedef {Summary & More} Execution
 *
 * @typedef {"good" | "refused" | "broken" | "running"} Tone
 * @typedef {{tone: Tone, label: string}} Verdict How an execution ended, in a word or two.
 */

const MAX_REASON = 100;

/** @type {Record<string, Verdict>} By the outcome that an answer names. */
const ANSWERS = {
  ready: { tone: "good", label: "Ready" },
  rejected: { tone: "refused", label: "Refused" },
  declined: { tone: "refused", label: "Turned away" },
};

/** @type {Record<Summary["status"], Verdict>} */
const ENDS = {
  RUNNING: { tone: "running", label: "Running" },
  SUCCEEDED: { tone: "good", label: "Done" },
  FAILED: { tone: "broken", label: "Broke" },
  TIMED_OUT: { tone: "broken", label: "Ran out of time" },
  ABORTED: { tone: "broken", label: "Stopped" },
};

/**
 * How an execution ended.
 * @param {Summary} execution
 * @returns {Verdict}
 */
export function verdictOf(execution) {
  return ANSWERS[(execution.status === "SUCCEEDED" && execution.outcome) || ""] ?? ENDS[execution.status];
}

/**
 * The whole story of an execution.
 * @param {Execution} execution
 * @param {string} subject What it is about: the photo's filename, or the execution itself.
 * @param {number} now Milliseconds since 1970.
 * @returns {string}
 */
export function storyOf(execution, subject, now) {
  const took = seconds((execution.stopped_ms ?? now) - execution.started_ms);
  const open = execution.visits.findLast((visit) => visit.outcome === "running");
  switch (execution.status) {
    case "RUNNING":
      return open
        ? `${subject} is being worked on: ${open.name} has been at it for ${seconds(now - open.entered_ms)}.`
        : `${subject} is about to be worked on.`;
    case "SUCCEEDED":
      return answered(execution, subject, took);
    case "TIMED_OUT": {
      const late = execution.visits.findLast((visit) => visit.outcome === "timed_out");
      return `${subject} ran out of time after ${took}${late ? `, while ${late.name} was at work` : ""}.`;
    }
    case "ABORTED":
      return `Somebody stopped the work on ${subject} after ${took}.`;
    default:
      return broken(execution, subject, took);
  }
}

/**
 * @param {Execution} execution
 * @param {string} subject
 * @param {string} took
 */
function answered(execution, subject, took) {
  const why = `${sentence(execution.detail ?? "")} (${execution.code}).`;
  switch (execution.outcome) {
    case "rejected": {
      const finder = decisiveVisit(execution);
      return `${subject} was refused after ${took}${finder ? ` by ${finder.name}` : ""}: ${why}`;
    }
    case "declined":
      return `Nothing was done with ${subject}: ${why}`;
    case "ready": {
      const isRepeat = !execution.visits.some((visit) => answerOf(visit)?.outcome === "accepted");
      if (isRepeat) return `${subject} was ready before: nothing had to be done, and the answer took ${took}.`;
      return `${subject} became ready in ${took}${steps(execution)}.`;
    }
    default:
      return `${subject} was done in ${took}${steps(execution)}.`;
  }
}

/**
 * @param {Execution} execution
 * @param {string} subject
 * @param {string} took
 */
function broken(execution, subject, took) {
  const culprit = decisiveVisit(execution);
  if (!culprit) return `${subject} did not get through, after ${took}: ${sentence(execution.cause ?? "")} (${execution.error}).`;
  const times = culprit.attempts.length > 1 ? ` ${culprit.attempts.length} times` : "";
  const handler = execution.visits[execution.visits.indexOf(culprit) + 1];
  const end = culprit.outcome === "caught" && handler ? ` ${handler.name} took over, and the work ended after ${took}.` : "";
  const why = clipped(messageOf(culprit.cause));
  return `${subject} did not get through: ${culprit.name} broke${times} (${culprit.error}). ${why}${end}`;
}

/**
 * The steps that did work, and how long each took; retries are told, and of what ran several times the shortest and the
 * longest.
 * @param {Execution} execution
 */
function steps(execution) {
  const worked = execution.visits.filter((visit) => visit.attempts.length && visit.exited_ms !== null);
  const told = [...new Set(worked.map(({ name }) => name))].map((name) => {
    const visits = worked.filter((visit) => visit.name === name);
    const took = visits.map((visit) => (visit.exited_ms ?? visit.entered_ms) - visit.entered_ms);
    const [least, most] = [seconds(Math.min(...took)), seconds(Math.max(...took))];
    if (visits.length > 1) return `${name} ${visits.length} times, ${least === most ? least : `${least} to ${most}`} each`;
    const attempts = visits[0]?.attempts.length ?? 1;
    return `${name} ${most}${attempts > 1 ? ` in ${attempts} attempts` : ""}`;
  });
  return told.length ? `: ${told.join(", ")}` : "";
}

/**
 * What a step answered, as the ingest's steps do.
 * @param {Visit} visit
 * @returns {{outcome?: string} | undefined}
 */
function answerOf(visit) {
  return visit.attempts.length ? visit.output?.answer : undefined;
}

/**
 * What a cause says to a person: Lambda's is a JSON text with the exception's message in it.
 * @param {string | null} cause
 * @returns {string}
 */
export function messageOf(cause) {
  try {
    const { errorMessage } = JSON.parse(cause ?? "");
    return typeof errorMessage === "string" ? errorMessage : (cause ?? "");
  } catch {
    return cause ?? "";
  }
}

/**
 * Without the full stop, since more follows.
 * @param {string} text
 */
function sentence(text) {
  return text.trim().replace(/\.$/, "");
}

/**
 * A text that fits into a story.
 * @param {string} text
 */
function clipped(text) {
  return text.length <= MAX_REASON ? `${sentence(text)}.` : `${text.slice(0, text.lastIndexOf(" ", MAX_REASON)).replace(/\W+$/, "")} …`;
}

/**
 * A duration as one says it: "0 ms", "41 ms", "0.41 s", "12.3 s", "3 min 20 s".
 * @param {number} milliseconds
 */
export function seconds(milliseconds) {
  const rounded = Math.max(0, Math.round(milliseconds));
  if (rounded < 100) return `${rounded} ms`;
  if (rounded < 9_950) return `${(rounded / 1000).toFixed(rounded < 995 ? 2 : 1)} s`;
  if (rounded < 120_000) return `${Math.round(rounded / 1000)} s`;
  return `${Math.floor(rounded / 60_000)} min ${Math.round((rounded % 60_000) / 1000)} s`;
}

/** @typedef {VisitOutcome | "skipped"} Mark What became of a state, over all visits to it. */

/** @type {VisitOutcome[]} The one that matters most first. */
const WEIGHT = ["running", "failed", "timed_out", "aborted", "caught", "succeeded"];

/**
 * What became of a state.
 * @param {Visit[]} visits Those to this state.
 * @returns {Mark}
 */
export function markOf(visits) {
  return WEIGHT.find((outcome) => visits.some((visit) => visit.outcome === outcome)) ?? "skipped";
}

/**
 * The edges that were taken.
 * @param {Visit[]} visits
 * @param {import("./definition.js").Edge[]} edges
 * @returns {Set<import("./definition.js").Edge>}
 */
export function takenEdges(visits, edges) {
  return new Set(
    edges.filter(({ from, to, isCatch }) =>
      visits.some((visit) => visit.name === from && visit.next === to && (visit.outcome === "caught") === isCatch),
    ),
  );
}

/**
 * The visit that explains the end: the step that refused, the one that broke, or the one that is at work.
 * @param {Execution} execution
 * @returns {Visit | undefined}
 */
export function decisiveVisit({ status, outcome, visits }) {
  if (status === "RUNNING") return visits.findLast((visit) => visit.outcome === "running");
  if (status !== "SUCCEEDED") return visits.find((visit) => visit.error !== null);
  return outcome === "rejected" || outcome === "declined"
    ? visits.find((visit) => answerOf(visit)?.outcome === outcome)
    : undefined;
}
