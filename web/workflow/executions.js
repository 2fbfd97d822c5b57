// The executions of the state machines, read from the `executions_url` of the configuration.
import { config } from "../config.js";

/**
 * @import { Definition } from "./definition.js"
 * @import { Trace } from "./segments.js"
 *
 * @typedef {object} Attempt One attempt to run the task of a state.
 * @property {number} started_ms
 * @property {number | null} ended_ms
 * @property {string | null} error
 * @property {string | null} cause
 *
 * @typedef {"running" | "succeeded" | "caught" | "failed" | "timed_out" | "aborted" | "rejected" | "declined"} VisitOutcome The last two: see `withRefusal`
 *
 * @typedef {object} Visit The time from a StateEntered event to the StateExited event of the same state.
 * @property {string} name
 * @property {number} entered_ms
 * @property {number | null} exited_ms
 * @property {VisitOutcome} outcome
 * @property {string | null} next the state that followed
 * @property {any} input
 * @property {any} output
 * @property {string | null} error
 * @property {string | null} cause
 * @property {Attempt[]} attempts
 *
 * @typedef {object} Summary An execution in a list. Times are in milliseconds since 1970.
 * @property {string} name
 * @property {string} machine
 * @property {"EXPRESS" | "STANDARD"} type
 * @property {"RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED"} status
 * @property {string | null} owner_id
 * @property {string | null} photo_id
 * @property {string | null} filename
 * @property {string | null} photo_status the current status of the photo
 * @property {string | null} outcome of the result that the execution returned
 * @property {string | null} code
 * @property {string | null} detail
 * @property {number} started_ms
 * @property {number | null} stopped_ms
 * @property {number | null} duration_ms
 *
 * @typedef {object} Details
 * @property {string} arn
 * @property {Definition | null} definition null if the state machine was deleted
 * @property {any} input
 * @property {any} output
 * @property {string | null} error
 * @property {string | null} cause
 * @property {Visit[]} visits
 * @property {{group: string, level: string, with_data: boolean} | null} log
 * @property {Trace | null} trace
 * @property {Record<string, string>} log_groups of each function, by its ARN
 *
 * @typedef {Summary & Details} Execution
 */

/** List the newest executions. @returns {Promise<Summary[]>} */
export function listExecutions() {
  return readJson(`${config.executions_url}`);
}

/** @param {string} name @returns {Promise<Execution>} */
export function readExecution(name) {
  return readJson(`${config.executions_url}/${encodeURIComponent(name)}`);
}

/** Throws Error with the body of an error response, or TypeError without a connection. @param {string} url @returns {Promise<any>} */
async function readJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error((await response.text()).trim());
  return response.json();
}
