// The parts of the filter as chips, each with a button that removes it, and what is shown if no photo matches.
import { html } from "htm/preact";
import { query } from "../router.js";
import { chipsOf } from "./chips.js";
import { parseFilter } from "./filter.js";
import { showFilter } from "./filterbar.js";

/** The parts of the current filter. */
export function FilterChips() {
  const chips = chipsOf(parseFilter(query.value));
  return html`
    <ul class="chips" aria-label="Filter">
      ${chips.map(
        ({ label, without }) => html`
          <li key=${label}>
            ${label}
            <button type="button" class="quiet icon" aria-label=${`Remove the filter ${label}`} onClick=${() => showFilter(without)}>✕</button>
          </li>
        `,
      )}
      ${chips.length > 1 && html`<li class="all"><button type="button" class="quiet" onClick=${() => showFilter({})}>Clear</button></li>`}
    </ul>
  `;
}

export function NoMatch() {
  return html`
    <div class="empty">
      <h2>No photos match</h2>
      <button type="button" class="primary" onClick=${() => showFilter({})}>Clear the filter</button>
    </div>
  `;
}
