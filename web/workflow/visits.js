// What the visits to the states of an execution show together.

/** @import { Edge } from "./definition.js" */
/** @import { Execution, Visit, VisitOutcome } from "./executions.js" */

/** @typedef {VisitOutcome | "skipped"} StateOutcome The outcome of all visits to a state; `skipped` if there was none. */

/** Most important first. @type {VisitOutcome[]} */
const PRIORITY = ["running", "failed", "timed_out", "aborted", "caught", "rejected", "declined", "succeeded"];

/**
 * The most important outcome of the visits to a state.
 * @param {Visit[]} visits
 * @returns {StateOutcome}
 */
export function stateOutcomeOf(visits) {
  return PRIORITY.find((outcome) => visits.some((visit) => visit.outcome === outcome)) ?? "skipped";
}

/**
 * The edges that an execution followed.
 * @param {Visit[]} visits
 * @param {Edge[]} edges
 * @returns {Set<Edge>}
 */
export function takenEdges(visits, edges) {
  return new Set(
    edges.filter(({ from, to, isCatch }) =>
      visits.some((visit) => visit.name === from && visit.next === to && (visit.outcome === "caught") === isCatch),
    ),
  );
}

/**
 * The visit that explains the status of an execution: the one that runs, that failed, or that rejected or declined.
 * @param {Execution} execution
 * @returns {Visit | undefined}
 */
export function decisiveVisit({ status, outcome, visits }) {
  if (status === "RUNNING") return visits.findLast((visit) => visit.outcome === "running");
  if (status !== "SUCCEEDED") return visits.find((visit) => visit.error !== null);
  if (outcome !== "rejected" && outcome !== "declined") return undefined;
  return visits.find((visit) => resultOf(visit)?.outcome === outcome);
}

/**
 * The execution with the outcome `rejected` or `declined` at the step that refused the photo or the request. For Step
 * Functions, this step has succeeded.
 * @param {Execution} execution
 * @returns {Execution}
 */
export function withRefusal(execution) {
  const refusal = execution.status === "SUCCEEDED" ? decisiveVisit(execution) : undefined;
  if (!refusal) return execution;
  const outcome = /** @type {VisitOutcome} */ (execution.outcome);
  return { ...execution, visits: execution.visits.map((visit) => (visit === refusal ? { ...visit, outcome } : visit)) };
}

/**
 * The result of a workflow step; undefined for other states.
 * @param {Visit} visit
 * @returns {{outcome?: string} | undefined}
 */
export function resultOf(visit) {
  return visit.attempts.length ? visit.output?.result : undefined;
}

/**
 * The message in a cause. Lambda's cause is a JSON text with the message of the exception.
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
