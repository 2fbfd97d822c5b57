// Texts that an editor wrote into the file, as suggestions for the owner's own.
import { html } from "htm/preact";
import { change } from "./editing.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */

/**
 * A text of the file that the owner does not have.
 * @typedef {object} Suggestion
 * @property {string} label
 * @property {string} text
 * @property {(photo: Photo | ReadyPhoto) => PhotoEdit} changesOf takes it over
 */

/** @param {ReadyPhoto} photo @returns {Suggestion[]} */
export function suggestionsOf({ embedded, title, description, tags }) {
  if (embedded === null) return [];
  const own = new Set(tags.map((tag) => tag.toLowerCase()));
  const missing = embedded.keywords.filter((keyword) => !own.has(keyword.toLowerCase()));
  /** @type {Suggestion[]} */
  const suggestions = [];
  if (embedded.title && embedded.title !== title) {
    suggestions.push({ label: "Title", text: embedded.title, changesOf: () => ({ title: embedded.title }) });
  }
  if (embedded.description && embedded.description !== description) {
    suggestions.push({ label: "Description", text: embedded.description, changesOf: () => ({ description: embedded.description }) });
  }
  if (missing.length > 0) {
    // The tags of the version that is edited, so that a tag which was added elsewhere stays.
    suggestions.push({ label: "Keywords", text: missing.join(", "), changesOf: (photo) => ({ tags: union(photo.tags, missing) }) });
  }
  return suggestions;
}

/** @param {string[]} tags @param {string[]} more */
function union(tags, more) {
  const own = new Set(tags.map((tag) => tag.toLowerCase()));
  return [...tags, ...more.filter((tag) => !own.has(tag.toLowerCase()))];
}

/** @param {{ photo: ReadyPhoto, version: Signal<PhotoVersion | null> }} props */
export function Embedded({ photo, version }) {
  const suggestions = suggestionsOf(photo);
  if (suggestions.length === 0) return null;
  return html`
    <section class="embedded" aria-labelledby="embedded-heading">
      <h3 id="embedded-heading">In the file</h3>
      ${suggestions.map(
        ({ label, text, changesOf }) => html`
          <div key=${label}>
            <p><span class="hint">${label}</span> ${text}</p>
            <button type="button" onClick=${() => change(photo.photo_id, version, changesOf)} aria-label=${`Take over ${label.toLowerCase()}`}>Take over</button>
          </div>
        `,
      )}
    </section>
  `;
}
