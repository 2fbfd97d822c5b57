// The grid of a listing. Only the photos near the screen are in the document.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { blocksOf, plainBlocks } from "./blocks.js";
import { localDay } from "./capture.js";
import { DaySection, GapSection } from "./daysection.js";
import { targetOf, useListingKeys } from "./keys.js";
import { indicesBetween } from "./layout.js";
import { useLongPress } from "./press.js";
import { anchorAt, eyeFor, gapToLoad, layoutOf } from "./sections.js";
import { extended, toggled } from "./selection.js";
import { Status } from "./status.js";
import { Tile } from "./tile.js";
import { useViewport } from "./viewport.js";

/** @import { ComponentType } from "preact" */
/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Box } from "./layout.js" */
/** @import { Month } from "./blocks.js" */
/** @import { Listing } from "./listing.js" */
/** @import { Layout, Section } from "./sections.js" */
/** @typedef {{ layout: Layout, range: { from: number, to: number }, top: { current: number }, grid: { current: HTMLElement | null } }} AsideProps */

/** Photos this far above and below the screen are in the document, so that they are loaded when they become visible. */
const MARGIN_PX = 800;
/** Narrower grids, as on phones, have lower rows and smaller gaps. */
const NARROW_PX = 600;
const NARROW = { rowHeight: 140, gap: 4 };
const WIDE = { rowHeight: 220, gap: 8 };
const HEADING_PX = 48;
/** The page's header covers this much of the screen (`--top` in base.css). */
export const HEADER_PX = 56;
/** A place that is shown for this long is loaded. */
const SETTLED_MS = 120;

/** The photo that last had the focus. Tab leads to it. @type {Signal<{ photoId: string } | null>} */
const current = signal(null);
/** Whether `current` receives the focus after the next rendering. */
let isFocusRequested = false;

/** Move the focus to a photo, wherever it is in the grid. @param {string} photoId */
export function focusOn(photoId) {
  isFocusRequested = true;
  current.value = { photoId }; // A new object, so that the grid is rendered even if the photo is the same.
}

/** The URL of the preview in the tile of a photo; undefined without a tile in the document. @param {string} photoId */
export function tileUrl(photoId) {
  return /** @type {HTMLImageElement | null} */ (document.querySelector(`[data-photo="${photoId}"] img`))?.currentSrc;
}

/**
 * @param {object} props
 * @param {Listing} props.listing
 * @param {string} props.label
 * @param {Signal<Month[] | null>} [props.months] headings by day are shown if this is given; null while the counts are unknown
 * @param {(photo: ReadyPhoto) => string} [props.hrefOf] where a photo leads to; without it, a click selects the photo
 * @param {(photo: ReadyPhoto) => string} [props.badgeOf] a text on a photo
 * @param {ComponentType} props.Empty shown instead of no photos
 * @param {ComponentType<AsideProps>} [props.Aside] shown at the side
 */
export function Grid({ listing, label, months, hrefOf, badgeOf, Empty, Aside }) {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { width, range, top } = useViewport(list, MARGIN_PX);
  const all = listing.photos.value;
  const { ids } = listing.selection.value;
  const isNarrow = width.value < NARROW_PX;
  const layout = useMemo(() => {
    const extents = listing.extents.value;
    const blocks = months ? blocksOf(all.map(listing.keyOf), extents, months.value) : plainBlocks(all.length, extents);
    const aspectRatios = all.map((photo) => photo.width / photo.height);
    const headingHeight = months ? HEADING_PX : 0;
    return layoutOf(blocks, aspectRatios, { width: width.value, headingHeight, ...(isNarrow ? NARROW : WIDE) });
  }, [all, listing.extents.value, months?.value, width.value]);
  const photoIds = useMemo(() => all.map(({ photo_id }) => photo_id), [all]);
  useStablePosition(list, top, layout, photoIds);
  useLoading(listing, layout, range.value, top);

  const { shown, tabIndex } = renderedIndices(all, layout.boxes, range.value);
  const today = localDay(new Date());
  useFocus(list);
  useListingKeys(listing);
  const handlers = useTileHandlers(listing, hrefOf === undefined, (key) => targetOf(key, tabIndex, layout.boxes));
  const hasAside = Aside && (months?.value ?? []).length > 1;
  const className = `grid${listing.selected.value.length > 0 ? " selecting" : ""}${hasAside ? " with-aside" : ""}`;
  const { from, to } = range.value;
  const isShown = (/** @type {Section} */ section) =>
    (section.top <= to && section.top + section.height >= from) ||
    (section.kind === "day" && section.start <= tabIndex && tabIndex < section.end);

  return html`
    <div class=${className} role="group" ref=${list} style=${{ height: `${layout.height}px` }} aria-label=${label} ...${handlers}>
      ${width.value > 0 &&
      layout.sections.filter(isShown).map((section) => {
        if (section.kind === "gap") return html`<${GapSection} key=${section.key} gap=${section} />`;
        const photos = all.slice(section.start, section.end);
        const tiles = shown.filter((index) => section.start <= index && index < section.end);
        return html`
          <${DaySection} key=${section.key} section=${section} photos=${photos} listing=${listing} today=${months ? today : null}>
            ${tiles.map((index) => {
              const photo = /** @type {ReadyPhoto} */ (all[index]);
              return html`<${Tile}
                key=${photo.photo_id}
                photo=${photo}
                box=${within(section, layout.boxes[index])}
                position=${index - section.start + 1}
                count=${listing.isComplete.value ? photos.length : -1}
                isInTabOrder=${index === tabIndex}
                isSelected=${ids.has(photo.photo_id)}
                href=${hrefOf?.(photo)}
                badge=${badgeOf?.(photo)}
              />`;
            })}
          <//>
        `;
      })}
    </div>
    <${Status} listing=${listing} Empty=${Empty} />
    ${hasAside && html`<${Aside} layout=${layout} range=${range.value} top=${top} grid=${list} />`}
  `;
}

/** @param {Section} section @param {Box | undefined} box */
function within(section, box) {
  return box && { ...box, top: box.top - section.top };
}

/**
 * The indices of the photos in the document, and which of them is in the tab order: the current photo, which is always
 * in the document, else the first one on the screen.
 * @param {ReadyPhoto[]} all @param {Box[]} boxes @param {{ from: number, to: number }} range
 */
function renderedIndices(all, boxes, { from, to }) {
  const { first, end } = indicesBetween(boxes, from, to);
  const shown = all.slice(first, end).map((_, offset) => first + offset);
  const currentIndex = all.findIndex((photo) => photo.photo_id === current.value?.photoId);
  if (currentIndex < 0) return { shown, tabIndex: indicesBetween(boxes, from + MARGIN_PX, to).first };
  if (currentIndex < first || currentIndex >= end) shown.push(currentIndex);
  return { shown, tabIndex: currentIndex };
}

/**
 * Keep what is on the screen in place when photos are added or removed above it, or heights turn out to differ from their
 * estimates. At the top of the grid, new photos appear instead.
 * @param {{ current: HTMLElement | null }} list @param {{ current: number }} top @param {Layout} layout @param {string[]} photoIds
 */
function useStablePosition(list, top, layout, photoIds) {
  const shown = useRef({ layout, photoIds });
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = { layout, photoIds };
    if (before.layout === layout || list.current === null || top.current + HEADER_PX <= 0) return;
    const eye = top.current + HEADER_PX;
    const next = eyeFor(layout, photoIds, anchorAt(before.layout, before.photoIds, eye));
    if (next === undefined || Math.abs(next - eye) < 1) return;
    scrollTo({ top: scrollY + next - HEADER_PX + list.current.getBoundingClientRect().top, behavior: "instant" });
    top.current = -list.current.getBoundingClientRect().top;
  }, [layout]);
}

/**
 * Load what is missing near the screen.
 * @param {Listing} listing @param {Layout} layout @param {{ from: number, to: number }} range @param {{ current: number }} top
 */
function useLoading(listing, layout, range, top) {
  useEffect(() => {
    if (listing.isLoading.value || listing.failure.value !== null) return;
    const gap = gapToLoad(layout, range, { top: top.current + HEADER_PX, bottom: top.current + innerHeight });
    if (gap === undefined || layout.sections.length === 0) return;
    const { above, below, month } = gap;
    const isAtEnd = gap.top + gap.height <= range.to && gap.top < top.current;
    if (below && isAtEnd) return void listing.extend(below, "up");
    if (above) return void listing.extend(above, "down");
    if (below && gap.top + gap.height > top.current && gap.top < top.current) return void listing.extend(below, "up");
    const isFirst = layout.sections[0] === gap;
    // While the user drags the scrollbar, what is passed is not loaded.
    const timer = setTimeout(() => void listing.open(isFirst ? null : month), listing.extents.peek().length > 0 ? SETTLED_MS : 0);
    return () => clearTimeout(timer);
  }, [layout, range, listing.isLoading.value, listing.failure.value]);
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
