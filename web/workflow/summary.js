// An execution in one sentence, and its status in one or two words.
import { formatDuration } from "../format.js";
import { decisiveVisit, messageOf, resultOf } from "./visits.js";

/**
 * @import { Execution, Summary, Visit } from "./executions.js"
 *
 * @typedef {"succeeded" | "rejected" | "failed" | "running"} Tone
 * @typedef {{tone: Tone, label: string}} Status
 */

const MAX_MESSAGE_LENGTH = 100;

/** By the outcome of the returned result. @type {Record<string, Status>} */
const OUTCOMES = {
  ready: { tone: "succeeded", label: "Ready" },
  rejected: { tone: "rejected", label: "Rejected" },
  declined: { tone: "rejected", label: "Declined" },
};

/** By the status of the execution. @type {Record<Summary["status"], Status>} */
const STATUSES = {
  RUNNING: { tone: "running", label: "Running" },
  SUCCEEDED: { tone: "succeeded", label: "Succeeded" },
  FAILED: { tone: "failed", label: "Failed" },
  TIMED_OUT: { tone: "failed", label: "Timed out" },
  ABORTED: { tone: "failed", label: "Aborted" },
};

/**
 * @param {Summary} execution
 * @returns {Status}
 */
export function statusOf(execution) {
  return OUTCOMES[(execution.status === "SUCCEEDED" && execution.outcome) || ""] ?? STATUSES[execution.status];
}

/**
 * @param {Execution} execution
 * @param {string} subject the filename of the photo, or the name of the state machine
 * @param {number} now milliseconds since 1970
 * @returns {string}
 */
export function summarize(execution, subject, now) {
  const duration = formatDuration((execution.stopped_ms ?? now) - execution.started_ms);
  switch (execution.status) {
    case "RUNNING": {
      const running = decisiveVisit(execution);
      if (!running) return `${subject} has not entered a state yet.`;
      return `${subject} is in progress: ${running.name} has been running for ${formatDuration(now - running.entered_ms)}.`;
    }
    case "SUCCEEDED":
      return summarizeSuccess(execution, subject, duration);
    case "TIMED_OUT": {
      const late = execution.visits.findLast((visit) => visit.outcome === "timed_out");
      return `${subject} timed out after ${duration}${late ? ` in ${late.name}` : ""}.`;
    }
    case "ABORTED":
      return `${subject} was aborted after ${duration}.`;
    case "FAILED":
      return summarizeFailure(execution, subject, duration);
  }
}

/**
 * @param {Execution} execution
 * @param {string} subject
 * @param {string} duration
 */
function summarizeSuccess(execution, subject, duration) {
  const reason = `${withoutFullStop(execution.detail ?? "")} (${execution.code}).`;
  switch (execution.outcome) {
    case "rejected": {
      const step = decisiveVisit(execution);
      return `${subject} was rejected${step ? ` by ${step.name}` : ""} after ${duration}: ${reason}`;
    }
    case "declined":
      return `The request for ${subject} was declined: ${reason}`;
    case "ready": {
      const isProcessed = execution.visits.some((visit) => resultOf(visit)?.outcome === "accepted");
      if (!isProcessed) return `${subject} was already ready, so no step processed it. The execution took ${duration}.`;
      return `${subject} became ready in ${duration}${describeSteps(execution)}.`;
    }
    default:
      return `${subject} succeeded in ${duration}${describeSteps(execution)}.`;
  }
}

/**
 * @param {Execution} execution
 * @param {string} subject
 * @param {string} duration
 */
function summarizeFailure(execution, subject, duration) {
  const failed = decisiveVisit(execution);
  if (!failed) {
    return `${subject} failed after ${duration}: ${withoutFullStop(execution.cause ?? "")} (${execution.error}).`;
  }
  const times = failed.attempts.length > 1 ? ` ${failed.attempts.length} times` : "";
  const handler = handlerOf(failed, execution.visits);
  const isHandled = failed.outcome === "caught" && handler;
  const end = isHandled ? ` ${handler.name} handled the error. The execution ended after ${duration}.` : "";
  return `${subject} failed: ${failed.name} failed${times} (${failed.error}). ${shorten(messageOf(failed.cause))}${end}`;
}

/**
 * The step that handled a fault: the next one, but none of a concurrent branch.
 * @param {Visit} failed
 * @param {Visit[]} visits
 */
function handlerOf(failed, visits) {
  const end = failed.exited_ms ?? Infinity;
  return visits.find((visit) => visit !== failed && visit.attempts.length && visit.entered_ms >= end);
}

/**
 * The steps and their durations: of a step with several visits, the shortest and the longest.
 * @param {Execution} execution
 */
function describeSteps(execution) {
  const finished = execution.visits.filter((visit) => visit.attempts.length && visit.exited_ms !== null);
  const steps = [...new Set(finished.map(({ name }) => name))].map((name) => {
    const visits = finished.filter((visit) => visit.name === name);
    const durations = visits.map((visit) => (visit.exited_ms ?? visit.entered_ms) - visit.entered_ms);
    const [min, max] = [formatDuration(Math.min(...durations)), formatDuration(Math.max(...durations))];
    if (visits.length > 1) return `${name} ${visits.length} times, ${min === max ? min : `${min} to ${max}`} each`;
    const attemptCount = visits[0]?.attempts.length ?? 1;
    return `${name} ${max}${attemptCount > 1 ? ` in ${attemptCount} attempts` : ""}`;
  });
  return steps.length ? `: ${steps.join(", ")}` : "";
}

/** @param {string} text */
function withoutFullStop(text) {
  return text.trim().replace(/\.$/, "");
}

/** A message cut between words where it is too long for a sentence. @param {string} text */
function shorten(text) {
  if (text.length <= MAX_MESSAGE_LENGTH) return `${withoutFullStop(text)}.`;
  return `${text.slice(0, text.lastIndexOf(" ", MAX_MESSAGE_LENGTH)).replace(/\W+$/, "")} …`;
}
