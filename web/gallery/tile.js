// One photo of a grid.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { displayName } from "../format.js";
import { CROSS_ORIGIN } from "../images.js";
import { styleOf } from "./layout.js";
import { refresh } from "./photos.js";
import { placeholderImage, srcset, uncroppedPreviews } from "./previews.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Box } from "./layout.js" */

/**
 * @param {object} props
 * @param {ReadyPhoto} props.photo
 * @param {Box} props.box
 * @param {number} props.position from 1
 * @param {number} props.count of all photos, or -1 if it is unknown
 * @param {boolean} props.isInTabOrder
 * @param {boolean} props.isSelected
 * @param {string | undefined} props.href where the photo leads to; without it, a click selects the photo
 * @param {string | undefined} props.badge a text on the photo
 */
export function Tile({ photo, box, position, count, isInTabOrder, isSelected, href, badge }) {
  const isLoaded = useSignal(false);
  const failedUrl = useSignal("");
  const url = uncroppedPreviews(photo)[0]?.url ?? "";
  const name = displayName(photo);
  const backgroundImage = isLoaded.value ? "none" : placeholderImage(photo.placeholder);
  const onError = () => {
    failedUrl.value = url;
    void refresh(photo.photo_id);
  };
  const tabindex = isInTabOrder ? 0 : -1;
  const content = html`
    <img
      crossorigin=${CROSS_ORIGIN}
      class=${failedUrl.value === url ? "failed" : ""}
      src=${url}
      srcset=${srcset(photo)}
      sizes=${`${Math.ceil(box.width)}px`}
      alt=${name}
      decoding="async"
      draggable=${false}
      onLoad=${() => (isLoaded.value = true)}
      onError=${onError}
    />
    ${photo.favorite && html`<span class="heart" role="img" aria-label="Favorite">♥</span>`}
    ${badge && html`<span class="badge">${badge}</span>`}
  `;
  return html`
    <li class=${isSelected ? "tile selected" : "tile"} style=${styleOf(box)} aria-posinset=${position} aria-setsize=${count}>
      ${href === undefined
        ? html`<button type="button" class="photo" style=${{ backgroundImage }} tabindex=${tabindex} aria-pressed=${isSelected} data-photo=${photo.photo_id}>
            ${content}
          </button>`
        : html`<a class="photo" style=${{ backgroundImage }} href=${href} tabindex=${tabindex} data-photo=${photo.photo_id} draggable=${false}>${content}</a>`}
      <button type="button" class="check" role="checkbox" tabindex="-1" aria-checked=${isSelected} aria-label=${`Select ${name}`}></button>
    </li>
  `;
}
