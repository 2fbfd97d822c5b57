// The photo in the viewer, as large as the space allows, and the buttons to its neighbours.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { displayName } from "../format.js";
import { CROSS_ORIGIN } from "../images.js";
import { isReady, refresh } from "./photos.js";
import { placeholderUrl, srcset, uncroppedPreviews } from "./previews.js";

/** @import { Photo, ReadyPhoto } from "../client/contract.js" */

/** Photos are not enlarged, except for those whose longer side is shorter than this. */
const MIN_SIDE_PX = 256;

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
 * @param {string} props.problem why there is no photo, else empty
 * @param {ReadyPhoto | undefined} props.newer
 * @param {ReadyPhoto | undefined} props.older
 * @param {(photo: ReadyPhoto | undefined) => void} props.show
 */
export function Stage({ photo, problem, newer, older, show }) {
  return html`
    <div class="stage">
      ${photo && isReady(photo) && html`<${Image} key=${photo.photo_id} photo=${photo} />`}
      ${photo && !isReady(photo) && html`<p class="message">${statusText(photo)}</p>`}
      ${problem && html`<p class="message" role="alert">${problem}</p>`}
      <button type="button" class="icon before" disabled=${!newer} onClick=${() => show(newer)} aria-label="Newer photo">‹</button>
      <button type="button" class="icon after" disabled=${!older} onClick=${() => show(older)} aria-label="Older photo">›</button>
    </div>
  `;
}

/** @param {{ photo: ReadyPhoto }} props */
function Image({ photo }) {
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const space = useSignal({ width: 0, height: 0 });
  const isLoaded = useSignal(false);
  useLayoutEffect(() => {
    const resizes = new ResizeObserver(([entry]) => entry && (space.value = entry.contentRect));
    resizes.observe(/** @type {HTMLDivElement} */ (frame.current));
    return () => resizes.disconnect();
  }, []);
  const fittingScale = Math.min(space.value.width / photo.width, space.value.height / photo.height);
  const scale = Math.min(fittingScale, Math.max(1, MIN_SIDE_PX / Math.max(photo.width, photo.height)));
  const width = photo.width * scale;
  const backgroundImage = isLoaded.value ? "none" : `url(${placeholderUrl(photo.placeholder)})`;
  return html`
    <div class="frame" ref=${frame}>
      ${scale > 0 &&
      html`<img
        crossorigin=${CROSS_ORIGIN}
        style=${{ width: `${width}px`, height: `${photo.height * scale}px`, backgroundImage }}
        src=${uncroppedPreviews(photo).at(-1)?.url}
        srcset=${srcset(photo)}
        sizes=${`${Math.ceil(width)}px`}
        alt=${displayName(photo)}
        onLoad=${() => (isLoaded.value = true)}
        onError=${() => refresh(photo.photo_id)}
      />`}
    </div>
  `;
}

/** @param {Photo} photo */
function statusText({ status, rejection }) {
  if (status === "ready") return "";
  return [STATUS_TEXTS[status], rejection?.detail].filter(Boolean).join(" ");
}
