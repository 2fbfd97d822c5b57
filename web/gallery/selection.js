// The selection of photos in a listing, as values: each function returns another one.

/**
 * @typedef {object} Selection
 * @property {ReadonlySet<string>} ids
 * @property {string | null} anchor the photo at which a range starts: the last one that was toggled
 * @property {ReadonlySet<string>} base what was selected before the range
 */

/** @type {Selection} */
export const EMPTY = { ids: new Set(), anchor: null, base: new Set() };

/** Exactly these photos. @param {Iterable<string>} ids @returns {Selection} */
export function exactly(ids) {
  const chosen = new Set(ids);
  return { ids: chosen, anchor: null, base: chosen };
}

/** Select a photo, or deselect it. @param {Selection} selection @param {string} id @returns {Selection} */
export function toggled({ ids }, id) {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id, base: next };
}

/**
 * Select the range from the anchor to a photo. It replaces the range that was selected from the same anchor before.
 * @param {Selection} selection @param {string} id @param {string[]} order all IDs as they are listed
 * @param {string} [start] the anchor if there is none
 * @returns {Selection}
 */
export function extended({ anchor, base }, id, order, start = id) {
  const from = anchor !== null && order.includes(anchor) ? anchor : start;
  const [first = 0, last = 0] = [order.indexOf(from), order.indexOf(id)].sort((a, b) => a - b);
  return { ids: new Set([...base, ...order.slice(first, last + 1)]), anchor: from, base };
}
