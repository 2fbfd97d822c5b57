// One photo of the grid.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { displayName } from "../format.js";
import { CROSS_ORIGIN } from "../images.js";
import { photoPath } from "../links.js";
import { styleOf } from "./layout.js";
import { refresh } from "./photos.js";
import { placeholderUrl, srcset, uncroppedPreviews } from "./previews.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Box } from "./layout.js" */

/**
 * @param {object} props
 * @param {ReadyPhoto} props.photo
 * @param {Box} props.box
 * @param {number} props.position from 1
 * @param {number} props.count of all photos, or -1 if it is unknown
 * @param {boolean} props.isInTabOrder
 * @param {() => void} props.onFocus
 */
export function Tile({ photo, box, position, count, isInTabOrder, onFocus }) {
  const isLoaded = useSignal(false);
  const backgroundImage = isLoaded.value ? "none" : `url(${placeholderUrl(photo.placeholder)})`;
  return html`
    <li class="tile" style=${{ ...styleOf(box), backgroundImage }} aria-posinset=${position} aria-setsize=${count}>
      <a href=${`#${photoPath(photo.photo_id)}`} tabindex=${isInTabOrder ? 0 : -1} data-photo=${photo.photo_id} onFocus=${onFocus}>
        <img
          crossorigin=${CROSS_ORIGIN}
          src=${uncroppedPreviews(photo)[0]?.url}
          srcset=${srcset(photo)}
          sizes=${`${Math.ceil(box.width)}px`}
          alt=${displayName(photo)}
          decoding="async"
          onLoad=${() => (isLoaded.value = true)}
          onError=${() => refresh(photo.photo_id)}
        />
        ${photo.favorite && html`<span class="heart" role="img" aria-label="Favorite">♥</span>`}
      </a>
    </li>
  `;
}
