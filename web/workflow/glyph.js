// The symbol of a state's outcome, and its label.
import { html } from "htm/preact";

/** @import { StateOutcome } from "./visits.js" */

/** @type {Record<StateOutcome, string>} */
export const OUTCOME_LABELS = {
  succeeded: "succeeded",
  running: "running",
  caught: "caught error",
  rejected: "rejected",
  declined: "declined",
  failed: "failed",
  timed_out: "timed out",
  aborted: "aborted",
  skipped: "not entered",
};

/** SVG paths in a circle of radius 8 around 0, 0. @type {Record<StateOutcome, string>} */
const PATHS = {
  succeeded: "M-3.8 .2L-1.2 2.8L3.8 -2.6",
  running: "M0 -3.6A3.6 3.6 0 1 1 -3.6 0",
  caught: "M0 -4.2V.6M0 3.4V3.6",
  rejected: "M-3 3L3 -3",
  declined: "M-3 3L3 -3",
  failed: "M-2.8 -2.8L2.8 2.8M-2.8 2.8L2.8 -2.8",
  timed_out: "M0 -3.8V.2L2.6 1.8",
  aborted: "M-2.4 -2.4H2.4V2.4H-2.4Z",
  skipped: "M-3 0H3",
};

/** In a line of text. @param {{ outcome: StateOutcome }} props */
export function Glyph({ outcome }) {
  return html`
    <svg class="inline-glyph" width="18" height="18" viewBox="-9 -9 18 18"><${SvgGlyph} outcome=${outcome} x=${0} y=${0} /></svg>
  `;
}

/** In a drawing. @param {{ outcome: StateOutcome, x: number, y: number }} props */
export function SvgGlyph({ outcome, x, y }) {
  return html`
    <g class=${`glyph ${outcome}`} transform=${`translate(${x},${y})`} aria-hidden="true">
      <circle r="8" />
      <path d=${PATHS[outcome]} />
    </g>
  `;
}
