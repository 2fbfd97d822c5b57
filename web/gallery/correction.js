// The owner's corrections of what the camera has recorded.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { change } from "./editing.js";

/** @import { Signal } from "@preact/signals" */
/** @import { PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */
/** @typedef {"taken_at" | "location"} CorrectableField */

/**
 * @typedef {object} Correctable
 * @property {string} label of the input
 * @property {Record<string, string | number>} input its attributes
 * @property {string} invalid
 * @property {(photo: ReadyPhoto) => string} textOf the current value in the input
 * @property {(text: string, photo: ReadyPhoto) => PhotoEdit[CorrectableField] | undefined} parse undefined if the text is invalid
 */

const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?/;
const COORDINATES = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/;

/** @type {Record<CorrectableField, Correctable>} */
export const CORRECTABLE = {
  taken_at: {
    label: "Date and time",
    input: { type: "datetime-local", step: 1 },
    invalid: "Enter a date and a time.",
    textOf: ({ taken_at }) => taken_at?.match(LOCAL_TIME)?.[0] ?? "",
    parse: (text, { taken_at }) => {
      if (!LOCAL_TIME.test(text)) return undefined;
      // Browsers leave out seconds that are zero. The camera's UTC offset stays: the input has none.
      const offset = taken_at?.replace(LOCAL_TIME, "") ?? "";
      return `${text.length === 16 ? `${text}:00` : text}${offset}`;
    },
  },
  location: {
    label: "Latitude, longitude",
    input: { type: "text", placeholder: "51.4779, -0.0015" },
    invalid: "Enter the latitude and the longitude in degrees, such as 51.4779, -0.0015.",
    textOf: ({ location }) => (location ? `${location.latitude}, ${location.longitude}` : ""),
    parse: (text) => {
      const [, latitude, longitude] = COORDINATES.exec(text)?.map(Number) ?? [];
      if (latitude === undefined || longitude === undefined || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined;
      return { latitude, longitude };
    },
  },
};

/**
 * @param {object} props
 * @param {CorrectableField} props.field
 * @param {ReadyPhoto} props.photo
 * @param {Signal<PhotoVersion | null>} props.version
 * @param {() => void} props.onClose
 */
export function Correction({ field, photo, version, onClose }) {
  const { label, input, invalid, textOf, parse } = CORRECTABLE[field];
  const element = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isInvalid = useSignal(false);
  useLayoutEffect(() => element.current?.focus(), []);

  /** @param {PhotoEdit[CorrectableField]} value */
  const save = async (value) => {
    if (await change(photo.photo_id, version, () => ({ [field]: value }))) onClose();
  };
  /** @param {SubmitEvent} event */
  const onSubmit = (event) => {
    event.preventDefault();
    const value = parse(element.current?.value ?? "", photo);
    isInvalid.value = value === undefined;
    if (value !== undefined) void save(value);
  };
  return html`
    <form class="correction" onSubmit=${onSubmit} novalidate>
      <label>
        ${label}
        <input ref=${element} ...${input} defaultValue=${textOf(photo)} aria-invalid=${isInvalid.value} />
      </label>
      ${isInvalid.value && html`<p class="problem" role="alert">${invalid}</p>`}
      <div class="save">
        <button class="primary">Save</button>
        <button type="button" onClick=${() => save(null)}>Use the camera's value</button>
        <button type="button" class="quiet" onClick=${onClose}>Cancel</button>
      </div>
    </form>
  `;
}
