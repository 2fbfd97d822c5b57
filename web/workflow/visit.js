// One state's details: what it is, how it went, what went in, what came out.
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Glyph, WORDS } from "./statemachine.js";
import { messageOf, seconds } from "./story.js";

/** @import { State } from "./definition.js" */
/** @import { Attempt, Execution, Visit } from "./story.js" */

/** What each type of state is for. @type {Record<string, string>} */
const TYPES = {
  Task: "A step that does work.",
  Choice: "A fork: the answer so far decides where to go on.",
  Succeed: "An end that gives the answer.",
  Fail: "An end that tells of an error.",
  Pass: "A step that only rearranges data.",
  Wait: "A pause.",
  Map: "The same steps for each item of a list.",
  Parallel: "Several ways at the same time.",
};

/**
 * @param {object} props
 * @param {string} props.name
 * @param {State} props.state
 * @param {Execution} props.execution
 * @param {number} props.now
 */
export function StateDetails({ name, state, execution, now }) {
  const visits = execution.visits.filter((visit) => visit.name === name);
  const [chosen, choose] = useState(0);
  const visit = visits[Math.min(chosen, visits.length - 1)];
  const logGroup = execution.log_groups[state.Resource];
  return html`
    <section class="panel" aria-labelledby="panel-heading">
      <h2 id="panel-heading">${name}</h2>
      <p>${state.Comment ? `${state.Comment}. ` : ""}<span class="quiet">${TYPES[state.Type] ?? state.Type}</span></p>
      ${visits.length > 1 &&
      html`
        <label class="choose">
          Which of ${visits.length}
          <select value=${chosen} onChange=${/** @param {Event & { currentTarget: HTMLSelectElement }} event */ (event) => choose(Number(event.currentTarget.value))}>
            ${visits.map((one, index) => html`<option value=${index}>${index + 1}: ${WORDS[one.outcome]}, ${seconds((one.exited_ms ?? now) - one.entered_ms)}</option>`)}
          </select>
        </label>
      `}
      ${visit ? html`<${VisitDetails} visit=${visit} execution=${execution} now=${now} />` : html`<p class="quiet">This time the work did not come by here.</p>`}
      ${logGroup &&
      html`<p class="quiet">What it logged is in the log group <code>${logGroup}</code>, in the lines whose <code>execution</code> is this one.</p>`}
    </section>
  `;
}

/** @param {{ visit: Visit, execution: Execution, now: number }} props */
function VisitDetails({ visit, execution, now }) {
  const message = messageOf(visit.cause);
  return html`
    <dl class="facts">
      <div>
        <dt>Result</dt>
        <dd><svg class="inline-glyph" width="18" height="18" viewBox="-9 -9 18 18"><${Glyph} mark=${visit.outcome} x=${0} y=${0} /></svg> ${WORDS[visit.outcome]}</dd>
      </div>
      <div><dt>Began after</dt><dd>${seconds(visit.entered_ms - execution.started_ms)}</dd></div>
      <div><dt>Took</dt><dd>${seconds((visit.exited_ms ?? now) - visit.entered_ms)}</dd></div>
      ${visit.next && html`<div><dt>Went on to</dt><dd>${visit.next}</dd></div>`}
    </dl>
    ${visit.error !== null && html`<div class="error"><strong>${visit.error}</strong><p>${message}</p></div>`}
    ${visit.attempts.length > 1 && html`<${Attempts} attempts=${visit.attempts} began=${visit.entered_ms} now=${now} />`}
    <${Json} title="Input: what it was given" value=${visit.input} isOpen />
    ${visit.output !== null && html`<${Json} title="Output: what it handed on" value=${visit.output} isOpen />`}
    ${visit.cause !== null && visit.cause !== message && html`<${Json} title="The error in full" value=${visit.cause} />`}
  `;
}

/** @param {{ attempts: Attempt[], began: number, now: number }} props */
function Attempts({ attempts, began, now }) {
  return html`
    <table class="attempts">
      <caption>It was tried ${attempts.length} times</caption>
      <thead><tr><th scope="col">Began after</th><th scope="col">Took</th><th scope="col">Result</th></tr></thead>
      <tbody>
        ${attempts.map(
          ({ started_ms, ended_ms, error }) => html`
            <tr><td>${seconds(started_ms - began)}</td><td>${seconds((ended_ms ?? now) - started_ms)}</td><td>${error ?? (ended_ms ? "done" : "running")}</td></tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/** A value as formatted JSON that can be folded. @param {{ title: string, value: unknown, isOpen?: boolean }} props */
export function Json({ title, value, isOpen = false }) {
  return html`
    <details class="json" open=${isOpen}>
      <summary>${title}</summary>
      <pre tabindex="0" aria-label=${title}>${JSON.stringify(unfolded(value), null, 2)}</pre>
    </details>
  `;
}

/**
 * A value in which texts that hold JSON objects are objects: as texts nobody can read them.
 * @param {unknown} value
 * @returns {unknown}
 */
export function unfolded(value) {
  if (typeof value === "string" && /^\s*\{[^]*\}\s*$/.test(value)) {
    try {
      return unfolded(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map(unfolded);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unfolded(one)]));
  }
  return value;
}
