// What the list and the details of an execution show alike: subject, status, start time and thumbnail.
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { CROSS_ORIGIN } from "../images.js";
import { api } from "../services.js";
import { session } from "../session.js";
import { Glyph } from "./glyph.js";
import { shortName } from "./segments.js";
import { statusOf } from "./summary.js";

/** @import { Summary } from "./executions.js" */
/** @import { Tone } from "./summary.js" */
/** @import { StateOutcome } from "./visits.js" */

/** @type {Record<Tone, StateOutcome>} */
const GLYPHS = { succeeded: "succeeded", rejected: "rejected", failed: "failed", running: "running" };

/** The filename of the photo; for an execution without a photo, the state machine. @param {Summary} execution */
export function subjectOf({ filename, photo_id, machine }) {
  return filename ?? (photo_id === null ? shortName(machine) : "Deleted photo");
}

/** The time of an execution from today, else its date and time. @param {number} milliseconds since 1970 */
export function formatStart(milliseconds) {
  const date = new Date(milliseconds);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString("en", isToday ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" });
}

/** @param {{ execution: Summary }} props */
export function StatusLabel({ execution }) {
  const { tone, label } = statusOf(execution);
  return html`
    <span class=${`status ${tone}`}>
      <${Glyph} outcome=${GLYPHS[tone]} />
      ${label}${execution.code && html` <code>${execution.code}</code>`}
    </span>
  `;
}

/** A preview of the photo, if it is ready and the signed-in user owns it. @param {{ execution: Summary }} props */
export function Thumbnail({ execution: { owner_id, photo_id, photo_status } }) {
  const [url, setUrl] = useState(/** @type {string | undefined} */ (undefined));
  useEffect(() => {
    if (photo_status === "ready" && photo_id !== null) void thumbnailUrl(owner_id, photo_id).then(setUrl);
  }, [photo_id, photo_status]);
  return url ? html`<img class="thumbnail" crossorigin=${CROSS_ORIGIN} src=${url} alt="" />` : html`<span class="thumbnail"></span>`;
}

/** By photo ID, since the list is rendered once a second. @type {Map<string, Promise<string | undefined>>} */
const thumbnailUrls = new Map();

/** @param {string | null} ownerId @param {string} photoId */
function thumbnailUrl(ownerId, photoId) {
  let url = thumbnailUrls.get(photoId);
  if (url === undefined) {
    url = readThumbnailUrl(ownerId, photoId);
    thumbnailUrls.set(photoId, url);
  }
  return url;
}

/** @param {string | null} ownerId @param {string} photoId */
async function readThumbnailUrl(ownerId, photoId) {
  const [, claims = ""] = (await session.token()).split(".");
  const { sub } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
  if (sub !== ownerId) return undefined;
  const { previews } = (await api.read(photoId)).photo;
  return Object.values(previews)[0]?.url;
}
