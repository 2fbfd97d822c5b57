// The fields of a photo in its details. A new field is one entry of one of these tables.
import { formatBytes, formatExposure, formatTime, formatWallTime } from "../format.js";

/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @import { CorrectableField } from "./correction.js" */

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
 * @property {(photo: ReadyPhoto) => string | null | undefined} [note] what else is known of it
 * @property {(photo: ReadyPhoto) => string | null} [address] of a page about it
 * @property {(photo: ReadyPhoto) => string} [copied] what its Copy button copies
 * @property {CorrectableField} [correctable]
 */

/** Where a capture time is from. @type {Record<NonNullable<ReadyPhoto["taken_at_source"]>, string>} */
const TIME_SOURCES = {
  exif: "From the camera (EXIF)",
  xmp: "From the file (XMP)",
  iptc: "From the file (IPTC)",
  png: "From a text of the PNG",
  gps: "From the GPS position",
  owner: "Corrected by you",
};
/** @type {Record<NonNullable<ReadyPhoto["image"]["colour_space"]>, string>} */
const COLOUR_SPACES = { srgb: "sRGB", "display-p3": "Display P3", "adobe-rgb": "Adobe RGB", hdr: "HDR", other: "Other" };
const DIGEST_DIGITS = 12;

/** In the order of the list. @type {Fact[]} */
export const FACTS = [
  {
    label: "Taken",
    text: ({ taken_at }) => taken_at && formatWallTime(taken_at),
    note: ({ taken_at_source }) => taken_at_source && TIME_SOURCES[taken_at_source],
    correctable: "taken_at",
  },
  { label: "Camera", text: ({ camera }) => camera },
  { label: "Lens", text: ({ capture }) => capture.lens },
  { label: "Exposure", text: ({ capture }) => formatExposure(capture) },
  {
    label: "Place",
    text: ({ location }) => location && `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`,
    note: ({ location }) => altitudeText(location?.altitude_m ?? null),
    address: ({ location }) => location && mapAddress(location),
    correctable: "location",
  },
  {
    label: "Size",
    text: ({ width, height }) => `${width} × ${height}`,
    note: ({ width, height }) => `${((width * height) / 1e6).toLocaleString("en", { maximumSignificantDigits: 2 })} megapixels`,
  },
  { label: "File", text: ({ filename }) => filename, note: ({ content_type, size_bytes }) => `${formatName(content_type)}, ${formatBytes(size_bytes)}` },
  { label: "Colours", text: ({ image }) => image.colour_space && COLOUR_SPACES[image.colour_space] },
  { label: "Frames", text: ({ image }) => (image.frame_count !== null && image.frame_count > 1 ? String(image.frame_count) : null) },
  { label: "Contains", text: ({ image }) => contentsOf(image) },
  { label: "Rating", text: ({ embedded }) => ratingText(embedded?.rating ?? null) },
  { label: "Added", text: ({ created_at }) => formatTime(created_at) },
  { label: "SHA-256", text: ({ sha256 }) => `${sha256.slice(0, DIGEST_DIGITS)}…`, copied: ({ sha256 }) => sha256 },
];

/** @param {NonNullable<ReadyPhoto["location"]>} location */
function mapAddress({ latitude, longitude }) {
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=14/${latitude}/${longitude}`;
}

/** @param {number | null} metres */
function altitudeText(metres) {
  return metres === null ? null : `${Math.round(metres).toLocaleString("en")} m above sea level`;
}

/** @param {string} contentType */
function formatName(contentType) {
  return contentType.replace("image/", "").toUpperCase();
}

/** @param {ReadyPhoto["image"]} image */
function contentsOf({ is_motion_photo, has_gain_map }) {
  return [is_motion_photo && "a short video (motion photo)", has_gain_map && "a gain map for HDR displays"].filter(Boolean).join(", ") || null;
}

/** @param {number | null} rating */
function ratingText(rating) {
  if (rating === null) return null;
  return rating < 0 ? "Rejected" : `${rating} of 5 stars`;
}

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
