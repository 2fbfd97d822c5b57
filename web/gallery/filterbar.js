// The button of the filter, and the number of photos without one.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { formatCount } from "../format.js";
import { lazy } from "../lazy.js";
import { go, query } from "../router.js";
import { formatQuery, parseFilter } from "./filter.js";
import { months } from "./timeline.js";

/** @import { Filter } from "./listing.js" */

const FilterDialog = lazy(async () => (await import("./filterdialog.js")).FilterDialog, ["gallery/filter.css"], null);

/** Show the photos of a filter; the Back button returns. @param {Filter} filter */
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

/** The number of all photos. */
export function Count() {
  const count = months.value?.reduce((sum, month) => sum + month.count, 0) ?? 0;
  return count > 0 ? html`<p class="count">${formatCount(count)} ${count === 1 ? "photo" : "photos"}</p>` : null;
}
