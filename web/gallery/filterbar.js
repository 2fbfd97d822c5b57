// The parts of the filter as chips, and the button of the dialog that changes it.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { formatCount } from "../format.js";
import { lazy } from "../lazy.js";
import { go, query } from "../router.js";
import { chipsOf, formatQuery, parseFilter } from "./filter.js";
import { months } from "./timeline.js";

/** @import { Filter } from "./listing.js" */

const FilterDialog = lazy(async () => (await import("./filterdialog.js")).FilterDialog, ["gallery/filter.css"], null);

/** @param {Filter} filter */
export function showFilter(filter) {
  go(`/?${formatQuery(filter)}`);
}

export function FilterButton() {
  const isOpen = useSignal(false);
  const close = () => (isOpen.value = false);
  return html`
    <button type="button" aria-haspopup="dialog" onClick=${() => (isOpen.value = true)}>Filter</button>
    ${isOpen.value && html`<${FilterDialog} filter=${parseFilter(query.value)} onShow=${showFilter} onClose=${close} />`}
  `;
}

/** The chips, or the number of all photos without a filter. */
export function FilterSummary() {
  const chips = chipsOf(parseFilter(query.value));
  const count = months.value?.reduce((sum, month) => sum + month.count, 0) ?? 0;
  if (chips.length === 0) return count > 0 ? html`<p class="count">${formatCount(count)} ${count === 1 ? "photo" : "photos"}</p>` : null;
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
