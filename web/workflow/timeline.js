// The timeline of an X-Ray trace: a table with a bar in each row.
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { formatDuration } from "../format.js";
import { timelineOf } from "./segments.js";

/** @import { Kind, Row, Timeline, Trace } from "./segments.js" */

/** @type {Record<Kind, string>} */
const KIND_LABELS = {
  gateway: "API Gateway",
  workflow: "Step Functions",
  lambda: "Lambda, including the wait for an execution environment",
  function: "Lambda function",
  call: "AWS call",
  subsegment: "",
};
const STATE_LABELS = { ok: "", error: "error", fault: "fault" };
const MAX_INDENT = 8;

/** @param {{ trace: Trace, now: number }} props */
export function TimelineTable({ trace, now }) {
  const timeline = timelineOf(trace, now);
  if (!timeline.rows.length) {
    return html`<p class="quiet">The trace is not available. Only the newest traces are kept, until the stack stops.</p>`;
  }
  return html`
    <div class="timeline-box" tabindex="0" role="region" aria-labelledby="timeline-heading">
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col">Segment</th>
            <th scope="col">
              <span class="visually-hidden">Time from 0 to ${formatDuration(timeline.length_ms)}</span>
              <${Axis} timeline=${timeline} />
            </th>
            <th scope="col">Duration</th>
          </tr>
        </thead>
        <tbody>
          ${timeline.rows.map((row) => html`<${SegmentRow} key=${row.id} row=${row} timeline=${timeline} />`)}
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
        const anchor = part < 0.02 ? "start" : part > 0.95 ? "end" : "middle";
        return html`<text x=${`${part * 100}%`} y="13" text-anchor=${anchor}>${formatTick(at, length_ms)}</text>`;
      })}
    </svg>
  `;
}

/** All ticks of an axis have one unit. @param {number} atMs @param {number} lengthMs */
function formatTick(atMs, lengthMs) {
  if (atMs === 0) return "0";
  return lengthMs < 1000 ? `${atMs} ms` : `${Math.round(atMs) / 1000} s`;
}

/** @param {{ row: Row, timeline: Timeline }} props */
function SegmentRow({ row, timeline }) {
  const [isOpen, setOpen] = useState(false);
  const state = row.isInProgress ? "in progress" : STATE_LABELS[row.state];
  const kind = KIND_LABELS[row.kind];
  const name = html`
    <span>${row.name}</span>
    ${state && html`, <strong>${state}</strong>`}
    ${kind && html`<span class="row-kind">, ${kind}</span>`}
  `;
  return html`
    <tr class=${`${row.kind} ${row.state} ${row.isInProgress ? "in-progress" : ""}`}>
      <th scope="row" class=${`depth-${Math.min(row.depth, MAX_INDENT)}`}>
        ${row.facts.length
          ? html`<button type="button" class="unfold" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>${name}</button>`
          : html`<span class="unfold none">${name}</span>`}
      </th>
      <td><${Bar} row=${row} timeline=${timeline} /></td>
      <td class="duration">${formatDuration(row.duration_ms)}</td>
    </tr>
    ${isOpen &&
    html`
      <tr class="row-facts">
        <td colspan="3">
          <dl>${row.facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
        </td>
      </tr>
    `}
  `;
}

/** @param {{ row: Row, timeline: Timeline }} props */
function Bar({ row: { start_ms, duration_ms }, timeline: { length_ms, ticks_ms } }) {
  const x = percent(start_ms, length_ms);
  return html`
    <svg class="bar" width="100%" height="22" aria-hidden="true">
      ${ticks_ms.map((at) => html`<rect class="grid-line" x=${percent(at, length_ms)} y="0" width="1" height="22" />`)}
      <rect class="span" x=${x} y="5" width=${percent(duration_ms, length_ms)} height="12" rx="2" />
      <rect class="span" x=${x} y="5" width="2" height="12" />
    </svg>
    <span class="visually-hidden">after ${formatDuration(start_ms)}</span>
  `;
}

/** @param {number} part @param {number} whole */
function percent(part, whole) {
  return `${Math.round((part / whole) * 100_000) / 1000}%`;
}
