// The parts of a grid: a day with its heading, and photos that are not loaded yet.
import { html } from "htm/preact";
import { formatCount } from "../format.js";
import { formatDay, formatMonth } from "./capture.js";

/** @import { ComponentChildren } from "preact" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Day, Gap } from "./blocks.js" */
/** @import { Listing } from "./listing.js" */
/** @import { Placed } from "./sections.js" */

/**
 * @param {object} props
 * @param {Placed<Day>} props.section
 * @param {ReadyPhoto[]} props.photos of the day
 * @param {Listing} props.listing
 * @param {string | null} props.today null for no heading
 * @param {ComponentChildren} props.children the tiles on the screen
 */
export function DaySection({ section, photos, listing, today, children }) {
  const style = { top: `${section.top}px`, height: `${section.height}px` };
  if (today === null) return html`<ul class="section" style=${style}>${children}</ul>`;
  const name = formatDay(section.day, today);
  const { ids } = listing.selection.value;
  const isSelected = photos.every(({ photo_id }) => ids.has(photo_id));
  const toggle = () => {
    const day = new Set(photos.map(({ photo_id }) => photo_id));
    const others = listing.selected.peek().filter(({ photo_id }) => !day.has(photo_id));
    listing.select(isSelected ? others : [...others, ...photos]);
  };
  const note = undatedNote(photos);
  return html`
    <div class="section" role="group" style=${style} aria-label=${name}>
      <div class="day">
        <button type="button" class="check" role="checkbox" aria-checked=${isSelected} aria-label=${`Select all of ${name}`} onClick=${toggle}></button>
        <h2>${name}${note && html` <small>${note}</small>`}</h2>
      </div>
      <ul>${children}</ul>
    </div>
  `;
}

/** Which photos are listed under the day of their upload. @param {ReadyPhoto[]} photos */
function undatedNote(photos) {
  const count = photos.filter(({ taken_at }) => taken_at === null).length;
  if (count === 0) return "";
  return count === photos.length ? "date unknown" : `date unknown: ${formatCount(count)} of ${formatCount(photos.length)}`;
}

/** @param {{ gap: Placed<Gap> }} props */
export function GapSection({ gap }) {
  return html`
    <div class="section gap" style=${{ top: `${gap.top}px`, height: `${gap.height}px` }}>
      ${gap.month && html`<p class="day">${formatMonth(gap.month)}</p>`}
    </div>
  `;
}
