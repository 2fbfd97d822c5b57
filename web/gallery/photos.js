// The owner's photos: the listings that the views show, and the requests for one photo.
import { Problem } from "../client/problem.js";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { api } from "../services.js";
import { Listing } from "./listing.js";
import { isChangedAfter, isListed, known, now, remove, upsert } from "./store.js";

/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @typedef {{ photo: Photo | ReadyPhoto, etag: string }} PhotoVersion a photo and the ETag of this version */

/** Preview URLs expire. A photo whose preview fails to load is read again, but at most this often. */
const MIN_REFRESH_INTERVAL_MS = 60_000;

export const library = new Listing({ status: "ready", sort: "taken_at" });
export const trash = new Listing({ status: "trashed", sort: "created_at" });

/** When each photo was refreshed, in milliseconds since 1970. @type {Map<string, number>} */
const refreshedAt = new Map();

/** Whether a photo has previews to show. @param {Photo | ReadyPhoto} photo @returns {photo is ReadyPhoto} */
export function isReady(photo) {
  return photo.status === "ready";
}

/** Read the current version of a photo. One that no longer exists disappears. @param {string} photoId @returns {Promise<PhotoVersion>} */
export async function read(photoId) {
  try {
    for (;;) {
      const since = now();
      const version = await api.read(photoId);
      // A version that differs from a change during the request may be the one before an edit.
      const isSame = known.peek().get(photoId)?.updated_at === version.photo.updated_at;
      if (isSame || !isChangedAfter(photoId, since)) return keep(version);
    }
  } catch (error) {
    if (isMissing(error)) remove([photoId]);
    throw error;
  }
}

/**
 * Edit a photo. Throws as `PhotoSky.edit` does.
 * @param {string} photoId @param {PhotoEdit} changes @param {string} [etag] of the version to edit; any without it
 * @returns {Promise<PhotoVersion>}
 */
export async function edit(photoId, changes, etag) {
  return keep(await api.edit(photoId, changes, etag));
}

/** Get new preview URLs for a photo whose preview failed to load. @param {string} photoId */
export async function refresh(photoId) {
  if (Date.now() - (refreshedAt.get(photoId) ?? -Infinity) < MIN_REFRESH_INTERVAL_MS) return;
  refreshedAt.set(photoId, Date.now());
  try {
    await read(photoId);
  } catch (error) {
    if (!isMissing(error)) notify({ text: errorMessage(error) });
  }
}

/** Whether an error says that a photo does not exist. @param {unknown} error */
export function isMissing(error) {
  return error instanceof Problem && error.code === "PhotoNotFound";
}

/** @param {PhotoVersion} version */
function keep(version) {
  if (isListed(version.photo)) upsert([version.photo]);
  else remove([version.photo.photo_id]);
  return version;
}
