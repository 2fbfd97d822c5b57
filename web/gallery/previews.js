// The previews of a photo as attributes of an <img>, and the placeholder that is shown until one is loaded.
import { signal } from "@preact/signals";
import { config } from "../config.js";

/** @import { ReadyPhoto } from "../client/contract.js" */

const TILE_PREVIEWS = config.tile_previews ?? [];

/** What requests for listings and changes ask for: their previews are shown in tiles only. */
export const TILE_QUERY = TILE_PREVIEWS.length > 0 ? { previews: TILE_PREVIEWS } : {};

/** Whether a photo has more than the previews of tiles: a response for the photo alone has all. @param {ReadyPhoto} photo */
export function hasAllPreviews({ previews }) {
  return Object.keys(previews).some((name) => !TILE_PREVIEWS.includes(name));
}

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

/** Decodes a ThumbHash. It is loaded with the first photo. @type {import("@preact/signals").Signal<((hash: Uint8Array) => string) | null>} */
const decoder = signal(null);
/** @type {Promise<void> | null} */
let loading = null;

/** @type {Map<string, string>} */
const placeholderUrls = new Map();

/** The placeholder as a background image; none until the decoder is loaded. @param {string} hash a ThumbHash in base64 */
export function placeholderImage(hash) {
  let url = placeholderUrls.get(hash);
  const decode = decoder.value;
  if (decode === null) {
    loading ??= import("thumbhash").then(({ thumbHashToDataURL }) => void (decoder.value = thumbHashToDataURL));
    return "none";
  }
  if (url === undefined) {
    url = decode(Uint8Array.from(atob(hash), (character) => character.charCodeAt(0)));
    placeholderUrls.set(hash, url);
  }
  return `url(${url})`;
}
