// The toolbar of a view. The bar of the selected photos replaces it, so that the photos stay in place.
import { html } from "htm/preact";
import { useLayoutEffect } from "preact/hooks";
import { job } from "./jobstate.js";

/** @import { ComponentChildren, ComponentType } from "preact" */
/** @import { Listing } from "./listing.js" */

/**
 * @param {object} props
 * @param {Listing} props.listing
 * @param {ComponentType} props.Bar shown while photos are selected or an action runs
 * @param {ComponentChildren} props.children the toolbar
 */
export function Toolbar({ listing, Bar, children }) {
  useLayoutEffect(() => () => listing.deselect(), []);
  const isSelecting = job.value !== null || listing.selected.value.length > 0;
  return isSelecting ? html`<${Bar} />` : html`<div class="toolbar">${children}</div>`;
}
