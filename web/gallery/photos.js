// The owner's photos as far as they are known here, newest first.
import { computed, signal } from "@preact/signals";
import { tell } from "../notices.js";
import { api } from "../services.js";
import { nameOf, reason } from "../words.js";

/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */

/** As many as a page may have: fewer round trips where each takes long. */
const PAGE_SIZE = 100;
/** URLs of previews expire; a photo whose preview does not load is asked for again, but not in a circle. */
const REFRESH_MS = 60_000;

/** @type {import("@preact/signals").Signal<ReadonlyMap<string, ReadyPhoto>>} */
const known = signal(new Map());
/** Ids of photos that are deleted, or about to be. @type {import("@preact/signals").Signal<ReadonlySet<string>>} */
const hidden = signal(new Set());

/** What is to be shown. Ids are UUIDv7, so their order is that of creation. */
export const photos = computed(() =>
  [...known.value.values()]
    .filter((photo) => !hidden.value.has(photo.photo_id))
    .sort((one, other) => (one.photo_id < other.photo_id ? 1 : -1)),
);
/** Whether the last page is there. */
export const complete = signal(false);
/** Why the next page is not there. @type {import("@preact/signals").Signal<unknown>} */
export const failure = signal(null);

/** @type {string | null} */
let cursor = null;
/** @type {Promise<void> | null} */
let loading = null;
/** When a photo was asked for again. @type {Map<string, number>} */
const refreshed = new Map();
/** What the user wants to be deleted, by id, until it is sent. @type {Set<string>} */
const doomed = new Set();

/** Get the next page, unless it is on its way or there is none. */
export function more() {
  if (complete.peek()) return Promise.resolve();
  loading ??= next().finally(() => (loading = null));
  return loading;
}

async function next() {
  failure.value = null;
  try {
    const page = await api.page(cursor, PAGE_SIZE);
    cursor = page.next_cursor;
    add(page.photos);
    complete.value = cursor === null;
  } catch (error) {
    failure.value = error;
  }
}

/** Take photos in, or newer versions of them. @param {ReadyPhoto[]} some */
export function add(some) {
  known.value = new Map([...known.value, ...some.map((photo) => /** @type {const} */ ([photo.photo_id, photo]))]);
}

/** Whether everything is known of a photo, so that it can be shown. @param {Photo | ReadyPhoto} photo @returns {photo is ReadyPhoto} */
export function isReady(photo) {
  return photo.status === "ready";
}

/** The photo as the API knows it now, and its version. @param {string} photoId */
export async function read(photoId) {
  const { photo, etag } = await api.read(photoId);
  if (isReady(photo)) add([photo]);
  return { photo, etag };
}

/** Change a photo, of the given version if one is given; its next version. @param {string} photoId @param {PhotoEdit} changes @param {string} [etag] */
export async function edit(photoId, changes, etag) {
  const answer = await api.edit(photoId, changes, etag);
  if (isReady(answer.photo)) add([answer.photo]);
  return answer;
}

/** Get new URLs for a photo whose preview did not load. @param {string} photoId */
export async function refresh(photoId) {
  if (Date.now() - (refreshed.get(photoId) ?? -Infinity) < REFRESH_MS) return;
  refreshed.set(photoId, Date.now());
  try {
    await read(photoId);
  } catch (error) {
    tell({ text: reason(error) });
  }
}

/** Hide a photo at once, and delete it unless that is taken back within a few seconds. @param {ReadyPhoto} photo */
export function remove(photo) {
  const id = photo.photo_id;
  hidden.value = new Set([...hidden.value, id]);
  doomed.add(id);
  tell({
    text: `“${nameOf(photo)}” is deleted.`,
    action: { label: "Undo", run: () => restore(id) },
    gone: () => void send(photo),
  });
}

/** @param {string} id */
function restore(id) {
  doomed.delete(id);
  hidden.value = new Set([...hidden.value].filter((other) => other !== id));
}

/** @param {ReadyPhoto} photo */
async function send(photo) {
  const id = photo.photo_id;
  if (!doomed.delete(id)) return;
  try {
    await api.remove(id);
  } catch (error) {
    restore(id);
    tell({ text: `“${nameOf(photo)}” could not be deleted. ${reason(error)}` });
  }
}

// Whoever leaves the page does not wait for the seconds to pass.
addEventListener("pagehide", () => {
  for (const id of doomed) void api.remove(id, { keepalive: true });
  doomed.clear();
});

/** Forget everything: somebody else may sign in. */
export function forget() {
  for (const id of doomed) void api.remove(id, { keepalive: true });
  doomed.clear();
  known.value = new Map();
  hidden.value = new Set();
  complete.value = false;
  failure.value = null;
  cursor = null;
}
