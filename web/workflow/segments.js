// An X-Ray trace as a timeline: a table whose middle column has a bar per row.
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { seconds } from "./story.js";
import { timelineOf } from "./timeline.js";

/** @import { Kind, Row, Timeline, Trace } from "./timeline.js" */

/** What a row is, in words. @type {Record<Kind, string>} */
const KINDS = {
  gateway: "the API",
  workflow: "the workflow",
  lambda: "Lambda, with the wait for a worker",
  function: "the function itself",
  call: "a call to AWS",
  part: "",
};

/** @type {Record<Row["state"], string>} */
const STATES = { ok: "", refused: "was refused", broken: "broke" };

/** @param {{ trace: Trace, now: number }} props */
export function Segments({ trace, now }) {
  const timeline = timelineOf(trace, now);
  if (!timeline.rows.length) return html`<p class="quiet">Its trace is not there: only the newest are kept, and only until the stack stops.</p>`;
  return html`
    <div class="timeline-box" tabindex="0" role="region" aria-labelledby="timeline-heading">
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col">What ran</th>
            <th scope="col"><span class="visually-hidden">When, from 0 to ${seconds(timeline.length_ms)}</span><${Axis} timeline=${timeline} /></th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          ${timeline.rows.map((row) => html`<${Line} key=${row.id} row=${row} timeline=${timeline} />`)}
        </tbody>
      </table>
    </div>
  `;
}

/** @param {{ timeline: Timeline }} props */
function Axis({ timeline: { ticks_ms, length_ms } }) {
  return html`
    <svg class="axis" width="100%" height="18" aria-hidden="true">
      ${ticks_ms.map((at) => {
        const part = at / length_ms;
        return html`<text x=${`${part * 100}%`} y="13" text-anchor=${part < 0.02 ? "start" : part > 0.95 ? "end" : "middle"}>${tick(at, length_ms)}</text>`;
      })}
    </svg>
  `;
}

/** A mark of the axis, all in one unit. @param {number} at @param {number} length */
function tick(at, length) {
  if (at === 0) return "0";
  return length < 1000 ? `${at} ms` : `${Math.round(at) / 1000} s`;
}

/** @param {{ row: Row, timeline: Timeline }} props */
function Line({ row, timeline: { length_ms, ticks_ms } }) {
  const [isOpen, setOpen] = useState(false);
  const state = row.isOpen ? "still running" : STATES[row.state];
  const name = html`
    <span class="row-name">${row.name}</span>
    ${state && html`, <strong>${state}</strong>`}
    ${KINDS[row.kind] && html`<span class="row-kind">, ${KINDS[row.kind]}</span>`}
  `;
  return html`
    <tr class=${`${row.kind} ${row.state} ${row.isOpen ? "open" : ""}`}>
      <th scope="row" class=${`depth-${Math.min(row.depth, 8)}`}>
        ${row.facts.length
          ? html`<button type="button" class="unfold" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>${name}</button>`
          : html`<span class="unfold none">${name}</span>`}
      </th>
      <td>
        <svg class="bar" width="100%" height="22" aria-hidden="true">
          ${ticks_ms.map((at) => html`<rect class="grid-line" x=${percent(at, length_ms)} y="0" width="1" height="22" />`)}
          <rect class="span" x=${percent(row.start_ms, length_ms)} y="5" width=${percent(row.duration_ms, length_ms)} height="12" rx="2" />
          <rect class="span" x=${percent(row.start_ms, length_ms)} y="5" width="2" height="12" />
        </svg>
        <span class="visually-hidden">after ${seconds(row.start_ms)}</span>
      </td>
      <td class="took">${seconds(row.duration_ms)}</td>
    </tr>
    ${isOpen &&
    html`
      <tr class="row-facts">
        <td colspan="3">
          <dl>${row.facts.map(([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>`)}</dl>
        </td>
      </tr>
    `}
  `;
}

/** @param {number} part @param {number} whole */
function percent(part, whole) {
  return `${Math.round((part / whole) * 100_000) / 1000}%`;
}
