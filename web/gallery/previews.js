// The previews of a photo as attributes of an <img>, and the placeholder that is shown until one is loaded.
import { thumbHashToDataURL } from "thumbhash";

/** @import { ReadyPhoto } from "../client/contract.js" */

/**
 * The previews that show the whole photo, smallest first, one of each width. A cropped preview (`thumb`) is recognized
 * by its aspect ratio, since each environment chooses its presets. Sides are rounded to whole pixels.
 * @param {ReadyPhoto} photo
 */
export function uncroppedPreviews({ width, height, previews }) {
  const uncropped = Object.values(previews).filter(
    (preview) => Math.abs(preview.width * height - preview.height * width) <= width + height,
  );
  const byWidth = new Map(uncropped.map((preview) => [preview.width, preview]));
  return [...byWidth.values()].sort((a, b) => a.width - b.width);
}

/** @param {ReadyPhoto} photo */
export function srcset(photo) {
  return uncroppedPreviews(photo)
    .map(({ url, width }) => `${url} ${width}w`)
    .join(", ");
}

/** @type {Map<string, string>} */
const placeholderUrls = new Map();

/** The placeholder as a `data:` URL. @param {string} hash a ThumbHash in base64 */
export function placeholderUrl(hash) {
  let url = placeholderUrls.get(hash);
  if (url === undefined) {
    url = thumbHashToDataURL(Uint8Array.from(atob(hash), (character) => character.charCodeAt(0)));
    placeholderUrls.set(hash, url);
  }
  return url;
}
