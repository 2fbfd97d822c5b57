// The grid of all photos. Only those near the screen are in the document.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { errorMessage } from "../messages.js";
import { indicesBetween, justified, verticalNeighbour } from "./layout.js";
import { failure, isComplete, loadMore, photos } from "./photos.js";
import { Tile } from "./tile.js";
import { useViewport } from "./viewport.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Signal } from "@preact/signals" */
/** @import { Box } from "./layout.js" */

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

export function Grid() {
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { width, range } = useViewport(list, end, MARGIN_PX, loadMore);
  const all = photos.value;
  const { boxes, height } = useMemo(() => {
    const aspectRatios = all.map((photo) => photo.width / photo.height);
    return justified(aspectRatios, { width: width.value, ...(width.value < NARROW_PX ? NARROW : WIDE) });
  }, [all, width.value]);

  // A page that does not fill the screen does not move the end of the list, so the next page is requested here.
  useEffect(() => {
    if (height < range.value.to && failure.value === null) void loadMore();
  }, [height, range.value]);

  const { indices, tabIndex } = renderedIndices(all, boxes, range.value);

  useLayoutEffect(() => {
    if (!isFocusRequested) return;
    isFocusRequested = false;
    /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector("a[tabindex='0']"))?.focus();
  });

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    const target = event.ctrlKey || event.metaKey || event.altKey ? undefined : targetOf(event.key, tabIndex, boxes);
    const photo = target === undefined ? undefined : all[target];
    if (photo === undefined) return;
    event.preventDefault();
    focusOn(photo.photo_id);
  };

  return html`
    <ul class="grid" ref=${list} style=${{ height: `${height}px` }} aria-label="Your photos" onKeyDown=${onKeyDown}>
      ${width.value > 0 &&
      indices.map((index) => {
        const photo = /** @type {ReadyPhoto} */ (all[index]);
        return html`<${Tile}
          key=${photo.photo_id}
          photo=${photo}
          box=${boxes[index]}
          position=${index + 1}
          count=${isComplete.value ? all.length : -1}
          isInTabOrder=${index === tabIndex}
          onFocus=${() => photo.photo_id !== current.value?.photoId && (current.value = { photoId: photo.photo_id })}
        />`;
      })}
    </ul>
    <div ref=${end}></div>
    <${Status} isEmpty=${all.length === 0} />
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

/** The index that a key leads to from another. @param {string} key @param {number} index @param {Box[]} boxes */
function targetOf(key, index, boxes) {
  switch (key) {
    case "ArrowLeft":
      return index - 1;
    case "ArrowRight":
      return index + 1;
    case "ArrowUp":
      return verticalNeighbour(boxes, index, -1);
    case "ArrowDown":
      return verticalNeighbour(boxes, index, 1);
    case "Home":
      return 0;
    case "End":
      return boxes.length - 1;
    default:
      return undefined;
  }
}

/** @param {{ isEmpty: boolean }} props */
function Status({ isEmpty }) {
  if (failure.value !== null) {
    return html`<div class="empty" role="alert">
      <p>${errorMessage(failure.value)}</p>
      <button type="button" onClick=${loadMore}>Try again</button>
    </div>`;
  }
  if (!isComplete.value) return html`<p class="empty">Loading …</p>`;
  if (!isEmpty) return null;
  return html`<div class="empty">
    <h2>No photos yet</h2>
    <p>Add photos, or drop photos and folders anywhere on this page.</p>
  </div>`;
}
