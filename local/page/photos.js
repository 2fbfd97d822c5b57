// The owner's photos as far as they are known here, newest first.
import { computed, signal } from "@preact/signals";
import { api } from "./services.js";

/** @import { ReadyPhoto } from "./api.js" */

const PAGE = 60;

/** @type {import("@preact/signals").Signal<ReadyPhoto[]>} */
const known = signal([]);
/** Ids of photos that are deleted, or about to be. @type {import("@preact/signals").Signal<ReadonlySet<string>>} */
const hidden = signal(new Set());

/** What is to be shown. */
export const photos = computed(() => known.value.filter((photo) => !hidden.value.has(photo.photo_id)));
/** Whether the last page is there. */
export const complete = signal(false);
/** Why the next page is not there. @type {import("@preact/signals").Signal<unknown>} */
export const failure = signal(null);

/** @type {string | null} */
let cursor = null;
/** @type {Promise<void> | null} */
let loading = null;

/** Get the next page, unless it is on its way. */
export function more() {
  loading ??= next().finally(() => (loading = null));
  return loading;
}

async function next() {
  if (complete.value) return;
  failure.value = null;
  try {
    const page = await api.page(cursor, PAGE);
    cursor = page.next_cursor;
    add(page.photos);
    complete.value = cursor === null;
  } catch (error) {
    failure.value = error;
  }
}

/** Take photos in, or newer versions of them. @param {ReadyPhoto[]} some */
export function add(some) {
  const byId = new Map(known.value.map((photo) => [photo.photo_id, photo]));
  for (const photo of some) byId.set(photo.photo_id, photo);
  // Ids are UUIDv7: their order is that of creation.
  known.value = [...byId.values()].sort((one, other) => (one.photo_id < other.photo_id ? 1 : -1));
}

/** @param {string} photoId */
export function find(photoId) {
  return photos.value.find((photo) => photo.photo_id === photoId);
}

/** Show a photo no more. @param {string} photoId */
export function hide(photoId) {
  hidden.value = new Set([...hidden.value, photoId]);
}

/** Show it again. @param {string} photoId */
export function unhide(photoId) {
  hidden.value = new Set([...hidden.value].filter((id) => id !== photoId));
}

/** Forget everything: somebody else may sign in. */
export function forget() {
  known.value = [];
  hidden.value = new Set();
  complete.value = false;
  failure.value = null;
  cursor = null;
}
