// Which place of the page is shown: what stands behind `#` in its address, so that links, reloads and Back just work.
import { signal } from "@preact/signals";

/** The current path, like `/photos/0198c5a2-…`. */
export const path = signal(current());

/** Whether Back leads to another place of this page. */
let hasBehind = false;

addEventListener("hashchange", () => {
  hasBehind = path.value === "/" && current() !== "/";
  path.value = current();
});

function current() {
  return location.hash.slice(1) || "/";
}

/** Go to a path in the place of the current one: Back does not return to it. @param {string} to */
export function replace(to) {
  history.replaceState(null, "", `#${to}`);
  path.value = to;
}

/** Back to the gallery, where the visitor came from it; else to it for the first time. */
export function close() {
  if (hasBehind) history.back();
  else replace("/");
}
