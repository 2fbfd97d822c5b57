// The current path: the fragment of the address, so that links, reloads and the Back button work.
import { signal } from "@preact/signals";

/** @import { ComponentType } from "preact" */
/** @import { Config } from "./config.js" */

/**
 * A view of the page; `views.js` lists them.
 * @typedef {object} View
 * @property {RegExp} path the paths it shows; its groups become the component's `params`
 * @property {ComponentType<{ params: string[] }>} Component rendered inside `<main>`
 * @property {{ label: string, path: string }} [nav] its entry in the header
 * @property {(config: Config) => boolean} [isAvailable] whether this deployment supports it; always when absent
 * @property {() => void} [onSignIn] called when a user has signed in, and on load when one is signed in
 * @property {() => string} [signOutWarning] asked before a sign-out that would lose something; empty otherwise
 * @property {() => void} [onSignOut] called before the session ends, to remove the user's data from memory
 */

/** The current path, like `/photos/0198c5a2-…`. */
export const path = signal(currentPath());
/** What follows the path and a question mark, like `tag=sea`; views define it. */
export const query = signal(currentQuery());

/** Whether the Back button leads to the gallery of this page. */
let hasGalleryBehind = false;

addEventListener("hashchange", () => {
  hasGalleryBehind = path.value === "/" && currentPath() !== "/";
  readAddress();
});

/** Go to an address, which the Back button leaves again. @param {string} to a path, with a query or without */
export function go(to) {
  location.hash = withQuery(to);
}

/** Replace the current path, so that the Back button does not return to it. The query stays. @param {string} to */
export function replace(to) {
  history.replaceState(null, "", `#${withQuery(`${to}?${query.peek()}`)}`);
  readAddress();
}

/** Return to the gallery: by the history if the user came from there, else by replacing the current path. */
export function close() {
  if (!hasGalleryBehind) {
    replace("/");
    return;
  }
  hasGalleryBehind = false; // A second call before the address changes would leave the page.
  path.value = "/"; // The address changes later, when the user may have pressed the next key.
  history.back();
}

/** An address without an empty query. @param {string} to */
export function withQuery(to) {
  return to.replace(/\?$/, "");
}

function readAddress() {
  path.value = currentPath();
  query.value = currentQuery();
}

function currentPath() {
  return location.hash.slice(1).split("?")[0] || "/";
}

function currentQuery() {
  return location.hash.split("?").slice(1).join("?");
}
