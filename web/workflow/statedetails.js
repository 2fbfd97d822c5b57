// The details of a state: its purpose, and the visits of the execution to it.
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { formatDuration } from "../format.js";
import { Glyph, OUTCOME_LABELS } from "./glyph.js";
import { Json } from "./json.js";
import { messageOf } from "./visits.js";

/** @import { State } from "./definition.js" */
/** @import { Attempt, Execution, Visit } from "./executions.js" */

/** By the type of a state. @type {Record<string, string>} */
const TYPES = {
  Task: "Performs a unit of work.",
  Choice: "Chooses the next state.",
  Succeed: "Ends the execution successfully.",
  Fail: "Ends the execution as failed.",
  Pass: "Passes data on, possibly transformed.",
  Wait: "Waits for a time.",
  Map: "Runs the same steps for each item of an array.",
  Parallel: "Runs branches in parallel.",
};

/**
 * @param {object} props
 * @param {string} props.name
 * @param {State} props.state
 * @param {Execution} props.execution
 * @param {number} props.now milliseconds since 1970
 */
export function StateDetails({ name, state, execution, now }) {
  const visits = execution.visits.filter((visit) => visit.name === name);
  const [chosen, choose] = useState(0);
  const visit = visits[Math.min(chosen, visits.length - 1)];
  const logGroup = execution.log_groups[state["Resource"]];
  /** @param {Event & { currentTarget: HTMLSelectElement }} event */
  const onChange = (event) => choose(Number(event.currentTarget.value));
  return html`
    <section class="panel" aria-labelledby="panel-heading">
      <h2 id="panel-heading">${name}</h2>
      <p>${state["Comment"] ? `${state["Comment"]}. ` : ""}<span class="quiet">${TYPES[state["Type"]] ?? state["Type"]}</span></p>
      ${visits.length > 1 &&
      html`
        <label class="choose">
          Visit
          <select value=${chosen} onChange=${onChange}>
            ${visits.map((one, index) => {
              const text = `${index + 1} of ${visits.length}: ${OUTCOME_LABELS[one.outcome]}, ${durationOf(one, now)}`;
              return html`<option value=${index}>${text}</option>`;
            })}
          </select>
        </label>
      `}
      ${visit
        ? html`<${VisitDetails} visit=${visit} execution=${execution} now=${now} />`
        : html`<p class="quiet">The execution did not enter this state.</p>`}
      ${logGroup &&
      html`<p class="quiet">
        Its logs are in the log group <code>${logGroup}</code>. The field <code>execution</code> names this execution.
      </p>`}
    </section>
  `;
}

/** @param {{ visit: Visit, execution: Execution, now: number }} props */
function VisitDetails({ visit, execution, now }) {
  const message = messageOf(visit.cause);
  return html`
    <dl class="facts">
      <div><dt>Status</dt><dd><${Glyph} outcome=${visit.outcome} /> ${OUTCOME_LABELS[visit.outcome]}</dd></div>
      <div><dt>Started after</dt><dd>${formatDuration(visit.entered_ms - execution.started_ms)}</dd></div>
      <div><dt>Duration</dt><dd>${durationOf(visit, now)}</dd></div>
      ${visit.next && html`<div><dt>Next state</dt><dd>${visit.next}</dd></div>`}
    </dl>
    ${visit.error !== null && html`<div class="error-box"><strong>${visit.error}</strong><p>${message}</p></div>`}
    ${visit.attempts.length > 1 && html`<${Attempts} attempts=${visit.attempts} startedMs=${visit.entered_ms} now=${now} />`}
    <${Json} title="Input" value=${visit.input} isOpen />
    ${visit.output !== null && html`<${Json} title="Output" value=${visit.output} isOpen />`}
    ${visit.cause !== null && visit.cause !== message && html`<${Json} title="Cause" value=${visit.cause} />`}
  `;
}

/** @param {{ attempts: Attempt[], startedMs: number, now: number }} props */
function Attempts({ attempts, startedMs, now }) {
  return html`
    <table class="attempts">
      <caption>${attempts.length} attempts</caption>
      <thead><tr><th scope="col">Started after</th><th scope="col">Duration</th><th scope="col">Status</th></tr></thead>
      <tbody>
        ${attempts.map(
          ({ started_ms, ended_ms, error }) => html`
            <tr>
              <td>${formatDuration(started_ms - startedMs)}</td>
              <td>${formatDuration((ended_ms ?? now) - started_ms)}</td>
              <td>${error ?? (ended_ms ? OUTCOME_LABELS.succeeded : OUTCOME_LABELS.running)}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/** @param {Visit} visit @param {number} now */
function durationOf({ entered_ms, exited_ms }, now) {
  return formatDuration((exited_ms ?? now) - entered_ms);
}
