// The loaded parts of a listing, as values. Photos between two extents are not loaded yet.

/** @import { PhotoQuery } from "../client/api.js" */

/** Above all keys, and below all. */
export const NEWEST = "~";
export const OLDEST = "";

/**
 * Photos with keys from `bottom` to `top` are loaded.
 * @typedef {object} Extent
 * @property {string} top
 * @property {string} bottom
 * @property {PhotoQuery | null} up the request of the next page above; null if nothing is above
 * @property {PhotoQuery | null} down the same below
 */
/** @typedef {"up" | "down"} Direction */

/** @param {readonly Extent[]} extents @param {string} key */
export function extentOf(extents, key) {
  return extents.find(({ top, bottom }) => bottom <= key && key <= top);
}

/** Whether there is one extent, with all photos. @param {readonly Extent[]} extents */
export function isWhole(extents) {
  const [only] = extents;
  return extents.length === 1 && only?.top === NEWEST && only.bottom === OLDEST;
}

/**
 * An extent with one more page.
 * @param {Extent} extent @param {Direction} direction
 * @param {{ lastKey: string | undefined, cursor: string | null }} page `lastKey` is that of its last photo
 * @returns {Extent}
 */
export function extended(extent, direction, { lastKey, cursor }) {
  const query = extent[direction];
  const next = cursor === null || query === null ? null : { ...query, cursor };
  if (direction === "up") return { ...extent, up: next, top: next ? (lastKey ?? extent.top) : NEWEST };
  return { ...extent, down: next, bottom: next ? (lastKey ?? extent.bottom) : OLDEST };
}

/** Newest first; those that overlap become one. @param {readonly Extent[]} extents @returns {Extent[]} */
export function merged(extents) {
  /** @type {Extent[]} */
  const result = [];
  for (const extent of [...extents].sort((a, b) => (a.top < b.top ? 1 : -1))) {
    const above = result.at(-1);
    if (above === undefined || extent.top < above.bottom) result.push(extent);
    else if (extent.bottom < above.bottom) result.splice(-1, 1, { ...above, bottom: extent.bottom, down: extent.down });
  }
  return result;
}
