// The bar of the selected photos: their number, the actions on them, and the progress of a running action.
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { formatCount } from "../format.js";
import { announce } from "../notices.js";
import { focusOn } from "./grid.js";
import { Icon } from "./icons.js";
import { job } from "./jobstate.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Listing } from "./listing.js" */
/** @import { Icon as IconComponent } from "./icons.js" */
/** @import { Outcome } from "./job.js" */

/**
 * @typedef {object} Action
 * @property {string} label
 * @property {Parameters<typeof IconComponent>[0]["name"]} icon
 * @property {(photos: ReadyPhoto[]) => Promise<Outcome | null>} run null if the user cancels it
 */

/**
 * @param {object} props
 * @param {Listing} props.listing
 * @param {(photos: ReadyPhoto[]) => Action[]} props.actionsFor
 */
export function SelectionBar({ listing, actionsFor }) {
  const photos = listing.selected.value;
  useEffect(() => {
    if (photos.length > 0) announce(`${formatCount(photos.length)} selected`);
  }, [photos.length]);
  if (job.value !== null) return html`<${Progress} ...${job.value} />`;
  const deselect = () => {
    const [first] = photos;
    listing.deselect();
    if (first) focusOn(first.photo_id);
  };
  return html`
    <div class="toolbar selection" role="group" aria-label="Selected photos">
      <button type="button" class="quiet icon" aria-label="Clear selection" title="Clear selection" onClick=${deselect}>
        <${Icon} name="close" />
      </button>
      <p>${formatCount(photos.length)} <span>selected</span></p>
      ${actionsFor(photos).map(
        ({ label, icon, run }) => html`
          <button key=${label} type="button" class="action" title=${label} onClick=${() => perform(listing, run)}>
            <${Icon} name=${icon} /><span>${label}</span>
          </button>
        `,
      )}
    </div>
  `;
}

/**
 * Perform an action on the selected photos. Afterwards, the photos that it did not change are selected; if it changed all,
 * those that are still in the listing.
 * @param {Listing} listing @param {Action["run"]} run
 */
async function perform(listing, run) {
  const photos = listing.selected.peek();
  const next = neighbourOf(listing);
  const outcome = await run(photos);
  if (outcome === null) return;
  const unchanged = [...outcome.failures.map(({ photo }) => photo), ...outcome.rest];
  listing.select(unchanged.length > 0 ? unchanged : listing.selected.peek());
  const focused = listing.selected.peek()[0] ?? next;
  await new Promise(requestAnimationFrame); // The button that had the focus is gone then, unless photos are selected.
  if (focused && document.activeElement === document.body) focusOn(focused.photo_id);
}

/** The photo after the last one that is selected, else the one before the first. @param {Listing} listing */
function neighbourOf(listing) {
  const all = listing.photos.peek();
  const selected = new Set(listing.selected.peek());
  const last = all.findLastIndex((photo) => selected.has(photo));
  return all[last + 1] ?? all.slice(0, last).findLast((photo) => !selected.has(photo));
}

/** @param {import("./jobstate.js").Job} props */
function Progress({ label, doneCount, totalCount, stop }) {
  const text = `${label} ${formatCount(doneCount)} of ${formatCount(totalCount)}`;
  return html`
    <div class="toolbar selection">
      <p>${text}</p>
      <progress aria-label=${label} max=${totalCount} value=${doneCount}></progress>
      <button type="button" onClick=${stop}>Stop</button>
    </div>
  `;
}
