// The parts of a filter as texts.
import { formatDate } from "./capture.js";

/** @import { Filter } from "./listing.js" */
/** One part of a filter, and the filter without it. @typedef {{ label: string, without: Filter }} Chip */

/** @param {Filter} filter @returns {Chip[]} */
export function chipsOf({ favorite, tag, ...period }) {
  const others = { ...(favorite && { favorite }), ...(tag && { tag }) };
  const { favorite: _, ...notFavorite } = { ...others, ...period };
  const { tag: __, ...notTag } = { ...others, ...period };
  return [
    ...(favorite ? [{ label: "Favorites", without: notFavorite }] : []),
    ...(tag ? [{ label: `Tag: ${tag}`, without: notTag }] : []),
    ...(period.taken_from || period.taken_to ? [{ label: formatPeriod(period), without: others }] : []),
  ];
}

/** @param {{ taken_from?: string, taken_to?: string }} period */
function formatPeriod({ taken_from, taken_to }) {
  const [from, to] = [taken_from, taken_to].map((day) => day && formatDate(day));
  if (from && to) return from === to ? from : `${from} – ${to}`;
  return from ? `From ${from}` : `Until ${to}`;
}
