// Links that places other than the gallery offer about a photo.
import { html } from "htm/preact";
import { places } from "./places.js";
import { config } from "./services.js";

/** @param {{ photoId: string | undefined, requestId?: string | undefined }} props */
export function LinksAbout({ photoId, requestId }) {
  if (photoId === undefined) return null;
  return places.map(
    ({ aboutPhoto, isAvailable }) =>
      aboutPhoto &&
      (isAvailable?.(config) ?? true) &&
      html`<a key=${aboutPhoto.label} href=${`#${aboutPhoto.path(photoId, requestId)}`}>${aboutPhoto.label}</a>`,
  );
}
