// The dialog that changes the filter of the gallery.
import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useModal } from "../modal.js";
import { lastDay } from "./capture.js";
import { library } from "./photos.js";
import { countTags } from "./taglists.js";
import { months } from "./timeline.js";

/** @import { Filter } from "./listing.js" */
/** @typedef {Event & { currentTarget: HTMLSelectElement }} SelectEvent */

/** As in the contract. */
const MAX_TAG_LENGTH = 50;
/** More tags would hide the buttons. */
const MAX_TAGS = 200;

/** @param {{ filter: Filter, onShow: (filter: Filter) => void, onClose: () => void }} props */
export function FilterDialog({ filter, onShow, onClose }) {
  const dialog = useModal();
  const [period, setPeriod] = useState({ from: filter.taken_from ?? "", to: filter.taken_to ?? "" });
  const counts = countTags(library.photos.value.map((photo) => photo.tags));
  const tags = [...new Map(counts.map(({ tag }) => [tag.toLowerCase(), tag])).values()].slice(0, MAX_TAGS);
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const values = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const tag = `${values.get("tag")}`.trim();
    onClose();
    onShow({
      ...(values.has("favorite") && { favorite: /** @type {const} */ (true) }),
      ...(tag && { tag }),
      ...(period.from && { taken_from: period.from }),
      ...(period.to && { taken_to: period.to }),
    });
  };
  const onPeriod = (/** @type {SelectEvent} */ { currentTarget: { value } }) => {
    if (value.length === 4) setPeriod({ from: `${value}-01-01`, to: `${value}-12-31` });
    else if (value) setPeriod({ from: `${value}-01`, to: lastDay(value) });
    else setPeriod({ from: "", to: "" });
  };
  return html`
    <dialog ref=${dialog} class="small filter" aria-labelledby="filter-title" onCancel=${onClose}>
      <h2 id="filter-title">Filter</h2>
      <form onSubmit=${onSubmit}>
        <label class="option"><input type="checkbox" name="favorite" checked=${filter.favorite} />Favorites only</label>
        <label>
          Tag
          <input name="tag" list="filter-tags" maxlength=${MAX_TAG_LENGTH} defaultValue=${filter.tag ?? ""} autocomplete="off" />
          <datalist id="filter-tags">${tags.map((tag) => html`<option key=${tag} value=${tag}></option>`)}</datalist>
        </label>
        <label>
          Month or year
          <select value=${chosenPeriod(period)} onChange=${onPeriod}>
            <option value="">Any</option>
            ${periodsOf(months.value?.map((month) => month.period) ?? []).map((one) => html`<option key=${one} value=${one}>${one}</option>`)}
          </select>
        </label>
        <div class="period">
          <label>From <input type="date" value=${period.from} max=${period.to} onInput=${changed("from")} /></label>
          <label>To <input type="date" value=${period.to} min=${period.from} onInput=${changed("to")} /></label>
        </div>
        <div class="buttons">
          <button type="button" onClick=${onClose}>Cancel</button>
          <button class="primary">Show photos</button>
        </div>
      </form>
    </dialog>
  `;

  /** @param {"from" | "to"} name */
  function changed(name) {
    return (/** @type {Event & { currentTarget: HTMLInputElement }} */ { currentTarget }) =>
      setPeriod((before) => ({ ...before, [name]: currentTarget.value }));
  }
}

/** The month or the year that a period is, else empty. @param {{ from: string, to: string }} period */
function chosenPeriod({ from, to }) {
  if (from.endsWith("-01-01") && to === `${from.slice(0, 4)}-12-31`) return from.slice(0, 4);
  return from.endsWith("-01") && to === lastDay(from.slice(0, 7)) ? from.slice(0, 7) : "";
}

/** Each year, and its months. @param {string[]} all months, newest first */
function periodsOf(all) {
  return [...new Set(all.flatMap((month) => [month.slice(0, 4), month]))];
}
