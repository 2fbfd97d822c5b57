// The dark stage of the viewer: the picture, and the buttons to its neighbours and for its size.
import { html } from "htm/preact";
import { isReady } from "./photos.js";
import { Picture } from "./picture.js";
import { STEP } from "./zoom.js";

/** @import { Photo, ReadyPhoto } from "../client/contract.js" */
/** @import { ComponentChildren } from "preact" */
/** @import { ZoomState } from "./zoomstate.js" */

/** Why there is no preview, by status. @type {Record<Exclude<Photo["status"], "ready">, string>} */
const STATUS_TEXTS = {
  awaiting_upload: "This photo has not been uploaded yet.",
  processing: "This photo is being processed.",
  trashed: "This photo is in the trash.",
  rejected: "This upload was rejected.",
  failed: "Processing this photo failed.",
  deleting: "This photo no longer exists.",
};

/**
 * @param {object} props
 * @param {Photo | ReadyPhoto | undefined} props.photo
 * @param {boolean} props.hasAllPreviews whether the photo has all of its previews, and not those of its tile only
 * @param {string} props.problem why there is no photo, else empty
 * @param {ReadyPhoto | undefined} props.newer
 * @param {ReadyPhoto | undefined} props.older
 * @param {ZoomState} props.zoomState
 * @param {(direction: "older" | "newer" | "close") => void} props.onSwipe
 * @param {ComponentChildren} props.children more buttons
 */
export function Stage({ photo, hasAllPreviews, problem, newer, older, zoomState, onSwipe, children }) {
  const { zoomBy, zoom, fit, isZoomed } = zoomState;
  return html`
    <div class="stage">
      ${photo && isReady(photo) && html`<${Picture} key=${photo.photo_id} photo=${photo} hasAllPreviews=${hasAllPreviews} zoomState=${zoomState} onSwipe=${onSwipe} />`}
      ${photo && !isReady(photo) && html`<p class="message">${statusText(photo)}</p>`}
      ${problem && html`<p class="message" role="alert">${problem}</p>`}
      <button type="button" class="icon before" disabled=${!newer} onClick=${() => onSwipe("newer")} aria-label="Newer photo">‹</button>
      <button type="button" class="icon after" disabled=${!older} onClick=${() => onSwipe("older")} aria-label="Older photo">›</button>
      ${photo &&
      isReady(photo) &&
      html`<div class="tools">
        <button type="button" class="icon" disabled=${!isZoomed.value} onClick=${() => zoomBy(1 / STEP)} aria-label="Zoom out">−</button>
        <button type="button" class="icon" disabled=${zoom.value.scale >= fit.value.maxScale} onClick=${() => zoomBy(STEP)} aria-label="Zoom in">+</button>
        ${children}
      </div>`}
    </div>
  `;
}

/** @param {Photo} photo */
function statusText({ status, rejection }) {
  if (status === "ready") return "";
  return [STATUS_TEXTS[status], rejection?.detail].filter(Boolean).join(" ");
}
