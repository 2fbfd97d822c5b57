// The dialog that adds tags to photos, or removes one from them.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useModal } from "../modal.js";
import { edit } from "./changes.js";
import { latest } from "./store.js";
import { countTags, withTags, withoutTag } from "./taglists.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Outcome } from "./job.js" */

/** As in the contract. */
const MAX_TAG_LENGTH = 50;

/** @type {Signal<{ photos: ReadyPhoto[], close: (outcome: Promise<Outcome> | null) => void } | null>} */
const shown = signal(null);

/** Let the user change the tags of photos. @param {ReadyPhoto[]} photos @returns {Promise<Outcome | null>} null if it is cancelled */
export function editTags(photos) {
  return new Promise((resolve) => {
    const close = (/** @type {Promise<Outcome> | null} */ outcome) => {
      shown.value = null;
      resolve(outcome);
    };
    shown.value = { photos, close };
  });
}

/** The dialog, while it is open. */
export function TagDialog() {
  return shown.value && html`<${Dialog} ...${shown.value} />`;
}

/** @param {NonNullable<typeof shown.value>} props */
function Dialog({ photos, close }) {
  const dialog = useModal();
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useLayoutEffect(() => () => close(null), []); // Its photos may be deselected by a change in another tab.
  const onCancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    close(null);
  };
  const onSubmit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const typed = (input.current?.value ?? "").split(",").map((tag) => tag.trim());
    const tags = typed.filter((tag) => tag !== "");
    close(tags.length > 0 ? edit(photos, (photo) => changesOf(photo, withTags(photo.tags, tags))) : null);
  };
  const onRemove = (/** @type {string} */ tag) => {
    close(edit(photos, (photo) => changesOf(photo, withoutTag(photo.tags, tag))));
  };
  const counts = countTags(photos.map((photo) => latest(photo).tags));
  return html`
    <dialog ref=${dialog} class="small" aria-labelledby="tags-title" onCancel=${onCancel}>
      <h2 id="tags-title">Tags of the selected photos</h2>
      <form onSubmit=${onSubmit}>
        <label>
          Add a tag
          <input ref=${input} maxlength=${MAX_TAG_LENGTH} autofocus enterkeyhint="done" />
        </label>
        <button class="primary">Add</button>
      </form>
      ${counts.length > 0 &&
      html`<div>
        <p class="hint" id="tags-present">Remove a tag</p>
        <ul class="tag-list" aria-labelledby="tags-present">
          ${counts.map(
            ({ tag, count }) => html`
              <li key=${tag}>
                ${tag} <span class="hint">${count}</span>
                <button type="button" class="quiet icon" onClick=${() => onRemove(tag)} aria-label=${`Remove the tag ${tag}`}>✕</button>
              </li>
            `,
          )}
        </ul>
      </div>`}
      <div class="buttons"><button type="button" onClick=${() => close(null)}>Cancel</button></div>
    </dialog>
  `;
}

/** @param {ReadyPhoto} photo @param {string[]} tags */
function changesOf(photo, tags) {
  return tags.length === photo.tags.length ? null : { tags };
}
