// The picture on the stage: the preview that its size on the screen needs, and the original where no preview is large enough.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { displayName } from "../format.js";
import { CROSS_ORIGIN } from "../images.js";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { api } from "../services.js";
import { useGestures } from "./gestures.js";
import { tileUrl } from "./grid.js";
import { refresh } from "./photos.js";
import { placeholderImage, srcset, uncroppedPreviews } from "./previews.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { ZoomState } from "./zoomstate.js" */
/** @import { Point } from "./zoom.js" */

/** Formats that browsers show. Of the others, the largest preview is enlarged. */
const SHOWN_BY_BROWSERS = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"];

/**
 * @param {object} props
 * @param {ReadyPhoto} props.photo
 * @param {boolean} props.hasAllPreviews else the preview of its tile is shown
 * @param {ZoomState} props.zoomState
 * @param {(direction: "older" | "newer" | "close") => void} props.onSwipe
 */
export function Picture({ photo, hasAllPreviews, zoomState, onSwipe }) {
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const isLoaded = useSignal(false);
  const dragged = useSignal(/** @type {Point} */ ({ x: 0, y: 0 }));
  useLayoutEffect(() => {
    const resizes = new ResizeObserver(([entry]) => entry && (zoomState.frame.value = entry.contentRect));
    resizes.observe(/** @type {HTMLDivElement} */ (frame.current));
    return () => resizes.disconnect();
  }, []);
  useGestures(frame, {
    ...zoomState,
    isZoomed: () => zoomState.isZoomed.peek(),
    drag: (moved) => (dragged.value = moved),
    swipe: onSwipe,
  });

  const { width, height } = zoomState.fit.value;
  const { scale, x, y } = zoomState.zoom.value;
  const original = useOriginal(photo, hasAllPreviews ? width * scale * devicePixelRatio : 0);
  const previews = uncroppedPreviews(photo);
  // The browser has it already. It stays visible until it has the larger one.
  const first = useMemo(() => tileUrl(photo.photo_id) || previews[0]?.url, []);
  const source = hasAllPreviews
    ? { src: previews.at(-1)?.url, srcset: srcset(photo), sizes: `${Math.ceil(width * scale)}px` }
    : { src: first };
  const box = {
    width: `${width}px`,
    height: `${height}px`,
    transform: `translate(${x + dragged.value.x}px, ${y + Math.max(0, dragged.value.y)}px) scale(${scale})`,
  };
  const backgroundImage = isLoaded.value ? "none" : placeholderImage(photo.placeholder);
  return html`
    <div class="frame" ref=${frame} data-zoomed=${zoomState.isZoomed.value}>
      ${width > 0 &&
      html`<img
        crossorigin=${CROSS_ORIGIN}
        draggable=${false}
        style=${{ ...box, backgroundImage }}
        ...${source}
        alt=${displayName(photo)}
        onLoad=${() => (isLoaded.value = true)}
        onError=${() => refresh(photo.photo_id)}
      />`}
      ${original.url.value &&
      html`<img class="original" draggable=${false} style=${box} src=${original.url.value} alt="" onError=${original.onError} />`}
    </div>
  `;
}

/** The URL of the original, once the picture is shown larger than its largest preview. @param {ReadyPhoto} photo @param {number} width in device pixels */
function useOriginal(photo, width) {
  const url = useSignal("");
  const largest = uncroppedPreviews(photo).at(-1)?.width ?? 0;
  const isNeeded = width > largest && photo.width > largest && SHOWN_BY_BROWSERS.includes(photo.content_type);
  useEffect(() => {
    if (!isNeeded) return;
    api.originalUrl(photo.photo_id).then(
      (found) => (url.value = found),
      (error) => notify({ text: `The original cannot be loaded. ${errorMessage(error)}` }),
    );
  }, [photo.photo_id, isNeeded]);
  // Not all browsers show all kinds of these formats; the preview below stays visible then.
  const onError = () => (url.value = "");
  return { url, onError };
}
