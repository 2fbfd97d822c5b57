// The layout of a grid: the sections of its days and gaps, and the boxes of its photos.
import { justified } from "./layout.js";

/** @import { Block, Day, Gap } from "./blocks.js" */
/** @import { Box } from "./layout.js" */

/** @template B @typedef {B & { key: string, top: number, height: number }} Placed in CSS pixels from the top of the grid */
/** @typedef {Placed<Day> | Placed<Gap>} Section */
/** `boxes` are in the order of the photos. @typedef {{ sections: Section[], boxes: Box[], height: number }} Layout */

/** Of most photos. The estimate of a gap is corrected when its photos are loaded. */
const USUAL_ASPECT_RATIO = 1.4;
/** Between two sections. */
const SPACE_PX = 16;

/**
 * @param {readonly Block[]} blocks @param {readonly number[]} aspectRatios of all photos
 * @param {{ width: number, rowHeight: number, gap: number, headingHeight: number }} options in CSS pixels
 * @returns {Layout}
 */
export function layoutOf(blocks, aspectRatios, options) {
  const { width, rowHeight, gap, headingHeight } = options;
  const photosPerRow = Math.max(1, Math.floor((width + gap) / (rowHeight * USUAL_ASPECT_RATIO + gap)));
  /** @type {Section[]} */
  const sections = [];
  /** @type {Box[]} */
  const boxes = [];
  const keys = new Set();
  let top = 0;
  for (const block of blocks) {
    let height = headingHeight;
    if (block.kind === "gap") height += Math.max(1, Math.ceil(block.count / photosPerRow)) * (rowHeight + gap);
    else {
      const day = justified(aspectRatios.slice(block.start, block.end), options);
      const offset = top + headingHeight;
      boxes.push(...day.boxes.map((box) => ({ ...box, top: box.top + offset })));
      height += day.height;
    }
    sections.push({ ...block, key: newKey(block, keys), top, height });
    top += height + SPACE_PX;
  }
  return { sections, boxes, height: Math.max(0, top - SPACE_PX) };
}

/** A name that stays when other sections are added. A day is in two sections while some of it is not loaded. @param {Block} block @param {Set<string>} keys of the others */
function newKey(block, keys) {
  let key = block.kind === "gap" ? `gap ${block.month}` : block.day;
  while (keys.has(key)) key += " continued";
  keys.add(key);
  return key;
}

/** The month of a section; null for a gap without one. @param {Section} section */
export function monthOf(section) {
  return section.kind === "gap" ? section.month : section.day.slice(0, 7);
}

/** Where a month begins, or the next older one. @param {Layout} layout @param {string} month */
export function topOfMonth({ sections }, month) {
  return sections.find((section) => (monthOf(section) ?? "~") <= month)?.top;
}

/**
 * What a reader looks at, so that it can stay where it is: a photo, or a place in a gap.
 * @typedef {{ photoIds: string[], tops: number[] } | { month: string, offset: number } | null} Anchor
 */

/**
 * @param {Layout} layout @param {readonly string[]} photoIds in the order of the boxes
 * @param {number} eye the vertical position from which the grid is visible
 * @returns {Anchor}
 */
export function anchorAt(layout, photoIds, eye) {
  const gap = layout.sections.find((section) => section.kind === "gap" && section.top <= eye && eye < section.top + section.height);
  if (gap) {
    const month = monthOf(gap);
    return month === null ? null : { month, offset: eye - (topOfMonth(layout, month) ?? 0) };
  }
  const first = layout.boxes.findIndex(({ top, height }) => top + height > eye);
  if (first < 0) return null;
  // The next photos are used if the first one is deleted.
  return { photoIds: photoIds.slice(first, first + 50), tops: layout.boxes.slice(first, first + 50).map(({ top }) => top - eye) };
}

/** Where the eye is in another layout, so that the anchor stays in place. @param {Layout} layout @param {readonly string[]} photoIds @param {Anchor} anchor */
export function eyeFor(layout, photoIds, anchor) {
  if (anchor === null) return undefined;
  if ("month" in anchor) {
    const top = topOfMonth(layout, anchor.month);
    return top === undefined ? undefined : top + anchor.offset;
  }
  const indices = new Map(photoIds.map((photoId, index) => [photoId, index]));
  const kept = anchor.photoIds.findIndex((photoId) => indices.has(photoId));
  const box = layout.boxes[indices.get(anchor.photoIds[kept] ?? "") ?? -1];
  return box && box.top - (anchor.tops[kept] ?? 0);
}

/**
 * The gap to load next: the one nearest to the screen, if any is in the range.
 * @param {Layout} layout @param {{ from: number, to: number }} range @param {{ top: number, bottom: number }} screen
 */
export function gapToLoad({ sections }, { from, to }, screen) {
  const distance = (/** @type {Section} */ { top, height }) => Math.max(0, screen.top - top - height, top - screen.bottom);
  const near = sections.filter((section) => section.kind === "gap" && section.top <= to && section.top + section.height >= from);
  return /** @type {Placed<Gap> | undefined} */ (near.sort((a, b) => distance(a) - distance(b))[0]);
}
