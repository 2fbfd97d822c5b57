// The photos that the page knows, in one store. Each listing shows those that match its query.
import { signal } from "@preact/signals";

/** @import { Signal } from "@preact/signals" */
/** @import { Photo, ReadyPhoto } from "../client/contract.js" */

/** By ID: ready photos, and those in the trash. @type {Signal<ReadonlyMap<string, ReadyPhoto>>} */
export const known = signal(new Map());

/** What else is forgotten with the photos; modules that are loaded on demand add to it. @type {Set<() => void>} */
export const onClear = new Set();

/** Counts the changes of the store. */
let changeCount = 0;
/** When each photo was last changed, in milliseconds since 1970. @type {Map<string, number>} */
const changedAtMs = new Map();
/** The index of changes follows the records within this time. */
const INDEX_MS = 5000;
/** The number of the last change of each photo, also of removed ones. @type {Map<string, number>} */
const changedAt = new Map();

/** A point in time for `upsert`: the start of a request. */
export function now() {
  return changeCount;
}

/**
 * Add photos, or replace them by newer versions.
 * @param {ReadyPhoto[]} photos
 * @param {number} [since] the start of the request that returned them; photos that were changed after it are left out
 */
export function upsert(photos, since = changeCount) {
  const current = photos.filter(({ photo_id }) => !isChangedAfter(photo_id, since));
  record(current.map(({ photo_id }) => photo_id));
  known.value = new Map([...known.value, ...current.map((photo) => /** @type {const} */ ([photo.photo_id, photo]))]);
}

/**
 * Add photos of a listing or of changes. They may have the previews of tiles only: others, of an earlier response, stay.
 * @param {ReadyPhoto[]} photos @param {number} since as of `upsert`
 */
export function upsertListed(photos, since) {
  const earlier = known.peek();
  upsert(photos.map((photo) => ({ ...photo, previews: { ...earlier.get(photo.photo_id)?.previews, ...photo.previews } })), since);
}

/** Whether a photo was changed or removed after a point in time. @param {string} photoId @param {number} since */
export function isChangedAfter(photoId, since) {
  return (changedAt.get(photoId) ?? 0) > since;
}

/** Whether a photo was changed so recently that an index may still have an earlier version. @param {string} photoId */
export function isJustChanged(photoId) {
  return Date.now() - (changedAtMs.get(photoId) ?? -Infinity) < INDEX_MS;
}

/** Remove photos from memory. @param {string[]} photoIds */
export function remove(photoIds) {
  record(photoIds);
  const removed = new Set(photoIds);
  known.value = new Map([...known.value].filter(([photoId]) => !removed.has(photoId)));
}

/** The current version of a photo. @param {ReadyPhoto} photo an earlier version */
export function latest(photo) {
  return known.value.get(photo.photo_id) ?? photo;
}

/** @param {string} photoId */
export function statusOf(photoId) {
  return known.peek().get(photoId)?.status;
}

/** Whether a photo has all that a listing shows. @param {Photo | ReadyPhoto} photo @returns {photo is ReadyPhoto} */
export function isListed(photo) {
  return photo.status === "ready" || photo.status === "trashed";
}

/** Remove all photos from memory, since another user may sign in. */
export function clear() {
  known.value = new Map();
  changedAt.clear();
  changedAtMs.clear();
  for (const forget of onClear) forget();
}

/** @param {string[]} photoIds */
function record(photoIds) {
  changeCount += 1;
  for (const photoId of photoIds) {
    changedAt.set(photoId, changeCount);
    changedAtMs.set(photoId, Date.now());
  }
}
