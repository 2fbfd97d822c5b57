// The filter of the gallery. It is in the address, so that reloads, links and the Back button keep it.

/** @import { Filter } from "./listing.js" */

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
