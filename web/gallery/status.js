// What follows the photos of a listing: that more are being loaded, why that failed, or that there are none.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { errorMessage } from "../messages.js";

/** @import { ComponentType } from "preact" */
/** @import { Listing } from "./listing.js" */

/** A request is repeated for about 15 seconds; the user learns earlier that something is wrong. */
const SLOW_MS = 4000;

/** @param {{ listing: Listing, Empty: ComponentType }} props */
export function Status({ listing, Empty }) {
  const isSlow = useSignal(false);
  const isLoading = listing.isLoading.value;
  useEffect(() => {
    isSlow.value = false;
    if (!isLoading) return;
    const timer = setTimeout(() => (isSlow.value = true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [isLoading]);
  if (listing.failure.value !== null) {
    return html`<div class="empty" role="alert">
      <p>${errorMessage(listing.failure.value)}</p>
      <button type="button" onClick=${() => (listing.failure.value = null)}>Try again</button>
    </div>`;
  }
  if (!listing.isComplete.value) {
    if (!isLoading) return null;
    return html`<p class="empty">${isSlow.value ? "The server has not responded yet. Still trying …" : "Loading …"}</p>`;
  }
  return listing.photos.value.length === 0 ? html`<${Empty} />` : null;
}
