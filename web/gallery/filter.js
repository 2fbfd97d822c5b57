// The filter of the gallery. It is in the address, so that reloads, links and the Back button keep it.
import { formatDate } from "./capture.js";

/** @import { Filter } from "./listing.js" */
/** One part of a filter, as it is shown. @typedef {{ label: string, without: Filter }} Chip */

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The filter of an address; what is not valid is left out. @param {string} query such as `tag=sea&favorite=true` @returns {Filter} */
export function parseFilter(query) {
  const values = new URLSearchParams(query);
  const [tag, from, to] = ["tag", "taken_from", "taken_to"].map((name) => values.get(name)?.trim() ?? "");
  return {
    ...(values.get("favorite") === "true" && { favorite: /** @type {const} */ (true) }),
    ...(tag && { tag }),
    ...(from && DAY.test(from) && { taken_from: from }),
    ...(to && DAY.test(to) && { taken_to: to }),
  };
}

/** @param {Filter} filter */
export function formatQuery(filter) {
  return new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, `${value}`])).toString();
}

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
