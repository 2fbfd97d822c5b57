// Which place of the page is shown: what stands behind `#` in its address, so that links, reloads and Back just work.
import { signal } from "@preact/signals";

/** The current path, like `/photos/0198c5a2-…`. */
export const path = signal(current());

addEventListener("hashchange", () => (path.value = current()));

function current() {
  return location.hash.slice(1) || "/";
}

/** Go to a path; Back returns. @param {string} to */
export function go(to) {
  location.hash = to;
}

/** Go to a path in the place of the current one: Back does not return to it. @param {string} to */
export function replace(to) {
  history.replaceState(history.state, "", `#${to}`);
  path.value = to;
}
