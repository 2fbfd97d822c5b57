// A photo's previews as an <img> wants them, and its placeholder until one is there.
import { thumbHashToDataURL } from "thumbhash";

/** @import { ReadyPhoto } from "../client/contract.js" */

/**
 * The previews that show the whole photo, smallest first, one of each width. A cropped one (`thumb`) is told by its
 * shape, since environments choose the presets: sides are rounded to whole pixels.
 * @param {ReadyPhoto} photo
 */
export function renditions({ width, height, previews }) {
  const whole = Object.values(previews).filter(
    (preview) => Math.abs(preview.width * height - preview.height * width) <= width + height,
  );
  const byWidth = new Map(whole.map((preview) => [preview.width, preview]));
  return [...byWidth.values()].sort((one, other) => one.width - other.width);
}

/** @param {ReadyPhoto} photo */
export function srcset(photo) {
  return renditions(photo)
    .map(({ url, width }) => `${url} ${width}w`)
    .join(", ");
}

/** @type {Map<string, string>} */
const drawn = new Map();

/** The placeholder as a `data:` URL. @param {string} hash a ThumbHash in base64 */
export function placeholder(hash) {
  let url = drawn.get(hash);
  if (url === undefined) {
    url = thumbHashToDataURL(Uint8Array.from(atob(hash), (character) => character.charCodeAt(0)));
    drawn.set(hash, url);
  }
  return url;
}
