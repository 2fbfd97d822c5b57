// The grid of a listing. Only the photos near the screen are in the document.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { targetOf, useListingKeys } from "./keys.js";
import { indicesBetween, justified } from "./layout.js";
import { useLongPress } from "./press.js";
import { extended, toggled } from "./selection.js";
import { Status } from "./status.js";
import { Tile } from "./tile.js";
import { useViewport } from "./viewport.js";

/** @import { ComponentType } from "preact" */
/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Box } from "./layout.js" */
/** @import { Listing } from "./listing.js" */

/** Photos this far above and below the screen are in the document, so that they are loaded when they become visible. */
const MARGIN_PX = 800;
/** Narrower grids, as on phones, have lower rows and smaller gaps. */
const NARROW_PX = 600;
const NARROW = { rowHeight: 140, gap: 4 };
const WIDE = { rowHeight: 220, gap: 8 };

/** The photo that last had the focus. Tab leads to it. @type {Signal<{ photoId: string } | null>} */
const current = signal(null);
/** Whether `current` receives the focus after the next rendering. */
let isFocusRequested = false;

/** Move the focus to a photo, wherever it is in the grid. @param {string} photoId */
export function focusOn(photoId) {
  isFocusRequested = true;
  current.value = { photoId }; // A new object, so that the grid is rendered even if the photo is the same.
}

/**
 * @param {object} props
 * @param {Listing} props.listing
 * @param {string} props.label
 * @param {(photo: ReadyPhoto) => string} [props.hrefOf] where a photo leads to; without it, a click selects the photo
 * @param {(photo: ReadyPhoto) => string} [props.badgeOf] a text on a photo
 * @param {ComponentType} props.Empty shown instead of no photos
 */
export function Grid({ listing, label, hrefOf, badgeOf, Empty }) {
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { width, range } = useViewport(list, end, MARGIN_PX, () => void listing.loadMore());
  const all = listing.photos.value;
  const { ids } = listing.selection.value;
  const { boxes, height } = useMemo(() => {
    const aspectRatios = all.map((photo) => photo.width / photo.height);
    return justified(aspectRatios, { width: width.value, ...(width.value < NARROW_PX ? NARROW : WIDE) });
  }, [all, width.value]);

  // A page that does not fill the screen does not move the end of the list, so the next page is requested here.
  useEffect(() => {
    if (height < range.value.to && listing.failure.value === null) void listing.loadMore();
  }, [height, range.value, listing.pageCount.value]);

  const { indices, tabIndex } = renderedIndices(all, boxes, range.value);
  useFocus(list);
  useListingKeys(listing);
  const handlers = useTileHandlers(listing, hrefOf === undefined, (key) => targetOf(key, tabIndex, boxes));
  const className = listing.selected.value.length > 0 ? "grid selecting" : "grid";

  return html`
    <ul class=${className} ref=${list} style=${{ height: `${height}px` }} aria-label=${label} ...${handlers}>
      ${width.value > 0 &&
      indices.map((index) => {
        const photo = /** @type {ReadyPhoto} */ (all[index]);
        return html`<${Tile}
          key=${photo.photo_id}
          photo=${photo}
          box=${boxes[index]}
          position=${index + 1}
          count=${listing.isComplete.value ? all.length : -1}
          isInTabOrder=${index === tabIndex}
          isSelected=${ids.has(photo.photo_id)}
          href=${hrefOf?.(photo)}
          badge=${badgeOf?.(photo)}
        />`;
      })}
    </ul>
    <div ref=${end}></div>
    <${Status} listing=${listing} Empty=${Empty} />
  `;
}

/**
 * The indices of the photos in the document, and which of them is in the tab order: the current photo, which is always
 * in the document, else the first one on the screen.
 * @param {ReadyPhoto[]} all @param {Box[]} boxes @param {{ from: number, to: number }} range
 */
function renderedIndices(all, boxes, { from, to }) {
  const { first, end } = indicesBetween(boxes, from, to);
  const indices = all.slice(first, end).map((_, offset) => first + offset);
  const currentIndex = all.findIndex((photo) => photo.photo_id === current.value?.photoId);
  if (currentIndex < 0) return { indices, tabIndex: indicesBetween(boxes, from + MARGIN_PX, to).first };
  if (currentIndex < first || currentIndex >= end) indices.push(currentIndex);
  return { indices, tabIndex: currentIndex };
}

/** Move the focus to the current photo if that was requested. @param {{ current: HTMLElement | null }} list */
function useFocus(list) {
  useLayoutEffect(() => {
    isFocusRequested = false; // A request that was made while no grid was shown is obsolete.
  }, []);
  useLayoutEffect(() => {
    if (!isFocusRequested) return;
    isFocusRequested = false;
    /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector(".photo[tabindex='0']"))?.focus();
  });
}

/**
 * What clicks and keys on tiles do. With Shift, they select the range from the last photo that was selected.
 * @param {Listing} listing @param {boolean} selectsOnClick
 * @param {(key: string) => number | undefined} targetOfKey the index that a key leads to
 */
function useTileHandlers(listing, selectsOnClick, targetOfKey) {
  const order = () => listing.photos.peek().map(({ photo_id }) => photo_id);
  /** @param {string} photoId @param {boolean} isRange @param {string} [start] */
  const select = (photoId, isRange, start) => {
    const selection = listing.selection.peek();
    listing.selection.value = isRange ? extended(selection, photoId, order(), start) : toggled(selection, photoId);
  };
  const longPress = useLongPress((target) => {
    const photoId = photoOf(target);
    if (photoId) select(photoId, false);
  });

  /** @param {MouseEvent} event */
  const onClick = (event) => {
    const target = /** @type {Element} */ (event.target);
    const photoId = photoOf(target);
    if (photoId === undefined || event.ctrlKey || event.metaKey) return;
    // A click by keyboard or by a screen reader (`detail` is 0) opens the photo also while others are selected.
    const isSelecting = listing.selected.peek().length > 0 && event.detail > 0;
    if (!isSelecting && !selectsOnClick && !event.shiftKey && !target.closest(".check")) return;
    event.preventDefault();
    select(photoId, event.shiftKey);
    focusOn(photoId);
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const element = /** @type {Element} */ (event.target);
    const photoId = photoOf(element);
    if (event.ctrlKey || event.metaKey || event.altKey || photoId === undefined) return;
    const target = listing.photos.peek()[targetOfKey(event.key) ?? -1];
    if (target !== undefined) {
      if (event.shiftKey) select(target.photo_id, true, photoId);
      focusOn(target.photo_id);
    } else if (event.key === " " && element.matches("a")) select(photoId, event.shiftKey); // On a button, Space is a click.
    else return;
    event.preventDefault();
  };
  /** @param {FocusEvent} event */
  const onFocusIn = (event) => {
    const photoId = photoOf(/** @type {Element} */ (event.target));
    if (photoId && photoId !== current.peek()?.photoId) current.value = { photoId };
  };
  return { ...longPress, onClick, onKeyDown, onFocusIn };
}

/** The ID of the photo whose tile has an element. @param {Element} element */
function photoOf(element) {
  return /** @type {HTMLElement | null | undefined} */ (element.closest(".tile")?.querySelector(".photo"))?.dataset.photo;
}
