// The owner's photos that are loaded so far, newest first.
import { computed, signal } from "@preact/signals";
import { displayName } from "../format.js";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { api } from "../services.js";

/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @typedef {{ photo: Photo | ReadyPhoto, etag: string }} PhotoVersion a photo and the ETag of this version */

/** The API's maximum, for the fewest round trips. */
const PAGE_SIZE = 100;
/** Preview URLs expire. A photo whose preview fails to load is read again, but at most this often. */
const MIN_REFRESH_INTERVAL_MS = 60_000;

/** By ID. @type {import("@preact/signals").Signal<ReadonlyMap<string, ReadyPhoto>>} */
const loaded = signal(new Map());
/** IDs of photos that are deleted or will be. @type {import("@preact/signals").Signal<ReadonlySet<string>>} */
const hidden = signal(new Set());

/** The photos to show. IDs are UUIDv7, so their order is that of creation. */
export const photos = computed(() =>
  [...loaded.value.values()]
    .filter((photo) => !hidden.value.has(photo.photo_id))
    .sort((a, b) => (a.photo_id < b.photo_id ? 1 : -1)),
);
/** Whether the last page is loaded. */
export const isComplete = signal(false);
/** Why the next page failed to load. @type {import("@preact/signals").Signal<unknown>} */
export const failure = signal(null);

/** @type {string | null} */
let cursor = null;
/** @type {Promise<void> | null} */
let loading = null;
/** When each photo was refreshed, in milliseconds since 1970. @type {Map<string, number>} */
const refreshedAt = new Map();
/** IDs of photos whose deletion is not sent yet, so that it can be undone. @type {Set<string>} */
const pendingDeletions = new Set();

/** Load the next page, unless it is loading or the last page is loaded. */
export function loadMore() {
  if (isComplete.peek()) return Promise.resolve();
  loading ??= loadPage().finally(() => (loading = null));
  return loading;
}

async function loadPage() {
  failure.value = null;
  try {
    const page = await api.list(cursor === null ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, cursor });
    cursor = page.next_cursor;
    add(page.photos);
    isComplete.value = cursor === null;
  } catch (error) {
    failure.value = error;
  }
}

/** Add photos, or replace them by newer versions. @param {ReadyPhoto[]} added */
export function add(added) {
  loaded.value = new Map([...loaded.value, ...added.map((photo) => /** @type {const} */ ([photo.photo_id, photo]))]);
}

/** Whether a photo has previews to show. @param {Photo | ReadyPhoto} photo @returns {photo is ReadyPhoto} */
export function isReady(photo) {
  return photo.status === "ready";
}

/** Read the current version of a photo. @param {string} photoId @returns {Promise<PhotoVersion>} */
export async function read(photoId) {
  const version = await api.read(photoId);
  if (isReady(version.photo)) add([version.photo]);
  return version;
}

/**
 * Edit a photo. Throws as `PhotoSky.edit` does.
 * @param {string} photoId @param {PhotoEdit} changes @param {string} [etag] of the version to edit; any without it
 * @returns {Promise<PhotoVersion>}
 */
export async function edit(photoId, changes, etag) {
  const version = await api.edit(photoId, changes, etag);
  if (isReady(version.photo)) add([version.photo]);
  return version;
}

/** Get new preview URLs for a photo whose preview failed to load. @param {string} photoId */
export async function refresh(photoId) {
  if (Date.now() - (refreshedAt.get(photoId) ?? -Infinity) < MIN_REFRESH_INTERVAL_MS) return;
  refreshedAt.set(photoId, Date.now());
  try {
    await read(photoId);
  } catch (error) {
    notify({ text: errorMessage(error) });
  }
}

/** Hide a photo, and delete it when the notice with its Undo button disappears. @param {ReadyPhoto} photo */
export function remove(photo) {
  const id = photo.photo_id;
  hidden.value = new Set([...hidden.value, id]);
  pendingDeletions.add(id);
  notify({
    text: `“${displayName(photo)}” was deleted.`,
    action: { label: "Undo", run: () => undoRemove(id) },
    onExpire: () => void sendDeletion(photo),
  });
}

/** @param {string} id */
function undoRemove(id) {
  pendingDeletions.delete(id);
  hidden.value = new Set([...hidden.value].filter((other) => other !== id));
}

/** @param {ReadyPhoto} photo */
async function sendDeletion(photo) {
  const id = photo.photo_id;
  if (!pendingDeletions.delete(id)) return;
  try {
    await api.remove(id);
  } catch (error) {
    undoRemove(id);
    notify({ text: `“${displayName(photo)}” could not be deleted. ${errorMessage(error)}` });
  }
}

function sendPendingDeletions() {
  for (const id of pendingDeletions) void api.remove(id, { keepalive: true });
  pendingDeletions.clear();
}

// The notices of a closed page never expire.
addEventListener("pagehide", sendPendingDeletions);

/** Remove all photos from memory, since another user may sign in. */
export function clear() {
  sendPendingDeletions();
  loaded.value = new Map();
  hidden.value = new Set();
  isComplete.value = false;
  failure.value = null;
  cursor = null;
}
