// The legend of the graph. It stays closed once the user has closed it.
import { html } from "htm/preact";
import { Glyph, OUTCOME_LABELS } from "./glyph.js";

/** @import { StateOutcome } from "./visits.js" */

/** In `localStorage`: "yes" if the legend is closed. */
const CLOSED_KEY = "photosky.trace.explained";

/** @type {StateOutcome[]} */
const OUTCOMES = ["succeeded", "running", "rejected", "caught", "failed", "skipped"];

export function Legend() {
  /** @param {Event & { currentTarget: HTMLDetailsElement }} event */
  const onToggle = ({ currentTarget }) => localStorage.setItem(CLOSED_KEY, currentTarget.open ? "no" : "yes");
  return html`
    <details class="legend" open=${localStorage.getItem(CLOSED_KEY) !== "yes"} onToggle=${onToggle}>
      <summary>Legend</summary>
      <p>
        The workflow processes each photo in steps, drawn from top to bottom. Each box is a state. A hexagon is a choice:
        the result of the previous step decides which state is next. The bold line is the path of this execution. A dashed
        line leads to an error handler. Select a state to see its input and output.
      </p>
      <ul>
        ${OUTCOMES.map((outcome) => html`<li><${Glyph} outcome=${outcome} /> ${OUTCOME_LABELS[outcome]}</li>`)}
      </ul>
    </details>
  `;
}
