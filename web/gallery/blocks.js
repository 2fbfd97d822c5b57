// What a grid shows from top to bottom, as values: days with their photos, and gaps where photos are not loaded yet.
import { NEWEST, OLDEST } from "./extents.js";

/** @import { Extent } from "./extents.js" */

/** Photos of a day, or all photos where a grid has no headings: `start` to `end` are indices. @typedef {{ kind: "day", day: string, start: number, end: number }} Day */
/**
 * Photos of a month that are not loaded. `month` is null if the timeline has none in a gap.
 * @typedef {object} Gap
 * @property {"gap"} kind
 * @property {string | null} month
 * @property {number} count
 * @property {Extent | undefined} above the loaded part that ends here
 * @property {Extent | undefined} below the loaded part that begins after it
 */
/** @typedef {Day | Gap} Block */
/** @typedef {{ period: string, count: number }} Month */

/**
 * The blocks of a listing in the order of capture.
 * @param {readonly string[]} photoKeys sorted, newest first
 * @param {readonly Extent[]} extents newest first
 * @param {readonly Month[] | null} months with their numbers of photos, newest first; null if these are unknown
 * @returns {Block[]}
 */
export function blocksOf(photoKeys, extents, months) {
  const missing = missingPhotos(photoKeys, months ?? []);
  /** @type {Block[]} */
  const blocks = [];
  let start = 0;
  /** @type {Extent | undefined} */
  let above;
  for (const extent of extents) {
    blocks.push(...gapsBetween(above, extent, missing));
    const end = photoKeys.findIndex((key, index) => index >= start && key < extent.bottom);
    blocks.push(...daysOf(photoKeys, start, end < 0 ? photoKeys.length : end));
    start = end < 0 ? photoKeys.length : end;
    above = extent;
  }
  return [...blocks, ...gapsBetween(above, undefined, missing)];
}

/** How many photos of each month are not loaded. @param {readonly string[]} photoKeys @param {readonly Month[]} months */
function missingPhotos(photoKeys, months) {
  const missing = new Map(months.map(({ period, count }) => [period, count]));
  for (const key of photoKeys) {
    const month = key.slice(0, 7);
    missing.set(month, (missing.get(month) ?? 0) - 1);
  }
  return missing;
}

/** @param {Extent | undefined} above @param {Extent | undefined} below @param {Map<string, number>} missing @returns {Gap[]} */
function gapsBetween(above, below, missing) {
  const upper = above?.bottom ?? NEWEST;
  const lower = below?.top ?? OLDEST;
  if (above ? upper === OLDEST : lower === NEWEST) return [];
  const months = [...missing].filter(([month, count]) => count > 0 && month < upper && `${month}~` > lower);
  for (const [month] of months) missing.delete(month); // Only one of several gaps in a month has its photos.
  const parts = months.length > 0 ? months : [/** @type {const} */ ([null, 0])];
  return parts.map(([month, count], index) => ({
    kind: "gap",
    month,
    count,
    above: index === 0 ? above : undefined,
    below: index === parts.length - 1 ? below : undefined,
  }));
}

/** @param {readonly string[]} photoKeys @param {number} start @param {number} end @returns {Day[]} */
function daysOf(photoKeys, start, end) {
  /** @type {Day[]} */
  const days = [];
  for (let index = start; index < end; index++) {
    const day = (photoKeys[index] ?? "").slice(0, 10);
    const last = days.at(-1);
    if (last?.day === day) last.end = index + 1;
    else days.push({ kind: "day", day, start: index, end: index + 1 });
  }
  return days;
}

/** The blocks of a listing without headings. @param {number} count of photos @param {readonly Extent[]} extents at most one @returns {Block[]} */
export function plainBlocks(count, extents) {
  return [{ kind: "day", day: "", start: 0, end: count }, ...gapsBetween(extents[0], undefined, new Map())];
}
