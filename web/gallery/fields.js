// The fields of a photo in its details. A new field is one entry of one of these tables.
import { formatBytes, formatExposure, formatTime, formatWallTime } from "../format.js";

/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */

/**
 * A field that the owner can edit.
 * @typedef {object} EditableField
 * @property {"title" | "description" | "tags"} name as in the contract
 * @property {string} label
 * @property {"line" | "paragraph" | "tags"} control
 * @property {number} maxLength as in the contract; of tags, that of each tag
 * @property {(photo: ReadyPhoto) => string} [placeholder]
 */

/** In the order of the form. @type {EditableField[]} */
export const EDITABLE_FIELDS = [
  { name: "title", label: "Title", control: "line", maxLength: 200, placeholder: (photo) => photo.filename },
  { name: "description", label: "Description", control: "paragraph", maxLength: 5000 },
  { name: "tags", label: "Tags", control: "tags", maxLength: 50, placeholder: () => "Add a tag" },
];

/**
 * A field that is only shown.
 * @typedef {object} Fact
 * @property {string} label
 * @property {(photo: ReadyPhoto) => string | null} text null where the photo does not have it
 */

/** In the order of the list. @type {Fact[]} */
export const FACTS = [
  { label: "Taken", text: ({ taken_at }) => taken_at && formatWallTime(taken_at) },
  { label: "Camera", text: ({ camera }) => camera },
  { label: "Lens", text: ({ capture }) => capture.lens },
  { label: "Exposure", text: ({ capture }) => formatExposure(capture) },
  { label: "Location", text: ({ location }) => location && `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}` },
  { label: "Size", text: ({ width, height }) => `${width} × ${height}` },
  {
    label: "File",
    text: ({ filename, content_type, size_bytes }) =>
      `${filename}, ${content_type.replace("image/", "").toUpperCase()}, ${formatBytes(size_bytes)}`,
  },
  { label: "Added", text: ({ created_at }) => formatTime(created_at) },
];

/** The values of the editable fields in the form; an empty text stands for null. @typedef {Record<string, string | string[]>} Draft */

/** @param {Photo | ReadyPhoto} photo @returns {Draft} */
export function draftOf(photo) {
  return Object.fromEntries(EDITABLE_FIELDS.map(({ name }) => [name, photo[name] ?? ""]));
}

/** The fields of `after` that differ from `before`, as the API takes them. @param {Draft} before @param {Draft} after @returns {PhotoEdit} */
export function changesBetween(before, after) {
  /** @param {Draft} draft @param {string} name */
  const json = (draft, name) => JSON.stringify(stored(draft[name]));
  const changed = EDITABLE_FIELDS.filter(({ name }) => json(before, name) !== json(after, name));
  return Object.fromEntries(changed.map(({ name }) => [name, stored(after[name])]));
}

/** A draft with changes applied. @param {Draft} draft @param {PhotoEdit} changes @returns {Draft} */
export function withChanges(draft, changes) {
  const changed = EDITABLE_FIELDS.filter(({ name }) => changes[name] !== undefined);
  return { ...draft, ...Object.fromEntries(changed.map(({ name }) => [name, changes[name] ?? ""])) };
}

/** The fields of a draft in a sentence. @param {Draft} draft */
export function describeDraft(draft) {
  return EDITABLE_FIELDS.map(({ name, label }) => {
    const value = stored(draft[name]) ?? "";
    if (value.length === 0) return `${label.toLowerCase()}: none`;
    return `${label.toLowerCase()}: ${typeof value === "string" ? `“${value}”` : value.join(", ")}`;
  }).join("; ");
}

/** A draft's value as the API stores it. @param {string | string[] | undefined} value */
function stored(value) {
  return typeof value === "string" ? value.trim() || null : (value ?? null);
}
