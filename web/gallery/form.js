// The form of a photo's editable fields. Leaving the photo saves it.
import { useComputed, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Problem } from "../client/problem.js";
import { displayName } from "../format.js";
import { errorMessage } from "../messages.js";
import { announce, notify } from "../notices.js";
import { EDITABLE_FIELDS, changesBetween, describeDraft, draftOf, withChanges } from "./fields.js";
import { edit, read } from "./photos.js";
import { Tags } from "./tags.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Draft, EditableField } from "./fields.js" */
/** @import { PhotoVersion } from "./photos.js" */

/** @param {{ photo: ReadyPhoto, version: Signal<PhotoVersion | null>, onClose: () => void }} props */
export function Form({ photo, version, onClose }) {
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));
  const { draft, isDirty, problem, save, change, discard } = useDraft(photo, version);

  const saveOnLeave = useRef(() => {});
  saveOnLeave.current = () => {
    if (!isDirty.value) return;
    save().catch((error) => notify({ text: `Changes to “${displayName(photo)}” were not saved. ${errorMessage(error)}` }));
  };
  useLayoutEffect(() => {
    /** @type {HTMLInputElement | null | undefined} */ (element.current?.querySelector("input, textarea"))?.focus();
    return () => saveOnLeave.current();
  }, []);

  /** @param {SubmitEvent} event */
  const onSubmit = (event) => {
    event.preventDefault();
    // `save` shows the message; errors of the page itself are rethrown.
    save().then(onClose, (error) => errorMessage(error));
  };
  const cancel = () => {
    discard();
    onClose();
  };

  return html`
    <form ref=${element} onSubmit=${onSubmit}>
      ${EDITABLE_FIELDS.map(
        (field) => html`
          <${Control}
            key=${field.name}
            field=${field}
            placeholder=${field.placeholder?.(photo)}
            value=${draft.value[field.name]}
            onChange=${/** @param {string | string[]} value */ (value) => change({ [field.name]: value })}
          />
        `,
      )}
      <div class="save">
        <button class="primary" disabled=${!isDirty.value}>Save</button>
        <button type="button" onClick=${cancel}>Cancel</button>
      </div>
      ${problem.value && html`<p class="problem" role="alert">${problem}</p>`}
    </form>
  `;
}

/**
 * @param {object} props
 * @param {EditableField} props.field
 * @param {string | undefined} props.placeholder
 * @param {string | string[]} props.value
 * @param {(value: string | string[]) => void} props.onChange
 */
function Control({ field: { label, control, maxLength }, placeholder, value, onChange }) {
  if (control === "tags") {
    return html`<${Tags} label=${label} maxLength=${maxLength} placeholder=${placeholder} tags=${value} onChange=${onChange} />`;
  }
  /** @param {Event & { currentTarget: HTMLInputElement | HTMLTextAreaElement }} event */
  const onInput = (event) => onChange(event.currentTarget.value);
  return html`
    <label>
      ${label}
      ${control === "paragraph"
        ? html`<textarea rows="3" maxlength=${maxLength} placeholder=${placeholder} value=${value} onInput=${onInput}></textarea>`
        : html`<input maxlength=${maxLength} placeholder=${placeholder} value=${value} onInput=${onInput} />`}
    </label>
  `;
}

/**
 * The state of the form. `draft` holds its values; `base` holds those of the version that it started from, so their
 * difference is the user's edit.
 * @param {ReadyPhoto} photo @param {Signal<PhotoVersion | null>} version
 */
function useDraft(photo, version) {
  const draft = useSignal(draftOf(photo));
  const base = useSignal(draft.peek());
  const isDirty = useComputed(() => Object.keys(changesBetween(base.value, draft.value)).length > 0);
  const problem = useSignal("");

  const save = async () => {
    const sent = draft.peek();
    try {
      const saved = await edit(photo.photo_id, changesBetween(base.peek(), sent), version.peek()?.etag);
      rebase(saved, sent);
      announce("Saved.");
    } catch (error) {
      problem.value = errorMessage(error);
      if (error instanceof Problem && error.code === "PreconditionFailed") {
        rebase(await read(photo.photo_id), base.peek());
        const theirs = describeDraft(base.peek());
        problem.value = `This photo was changed elsewhere. Current values: ${theirs}. Save again to overwrite them.`;
      }
      throw error;
    }
  };
  /** Start from another version, and keep what the user has changed since `since`. @param {PhotoVersion} next @param {Draft} since */
  const rebase = (next, since) => {
    const changes = changesBetween(since, draft.peek());
    // A draft that is saved on leaving is answered while another photo is shown.
    if (version.peek()?.photo.photo_id === photo.photo_id) version.value = next;
    base.value = draftOf(next.photo);
    draft.value = withChanges(base.value, changes);
  };
  /** @param {Draft} part */
  const change = (part) => {
    draft.value = { ...draft.value, ...part };
    problem.value = "";
  };
  const discard = () => change(base.value);
  return { draft, isDirty, problem, save, change, discard };
}
