// Follows changes of the photos that are made elsewhere, such as in another tab (`GET /changes`).
import { SignInError } from "../client/cognito.js";
import { online } from "../client/pauses.js";
import { Problem } from "../client/problem.js";
import { sync } from "../client/sync.js";
import { FIRST_STATE } from "../client/syncstate.js";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { api } from "../services.js";
import { isMissing, library, read, trash } from "./photos.js";
import { TILE_QUERY } from "./previews.js";
import { isJustChanged, known, now, remove, statusOf, upsertListed } from "./store.js";
import { readMonths } from "./timeline.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { SyncState, SyncStore, SyncUpdate } from "../client/syncstate.js" */

const INTERVAL_MS = 3000;
/** During a series of changes, the timeline is read once. */
const TIMELINE_PAUSE_MS = 500;

/** The API repeats changes for half a minute. So after a pause like this, the report of a deletion is a new one, ... */
const REPEATED_WITHIN_MS = 10_000;
/** ... and also after this time without a pause. */
const REPEATED_FOR_MS = 40_000;

/** When each deletion was reported first and last, in milliseconds since 1970. @type {Map<string, { first: number, last: number }>} */
const deletions = new Map();
/** The version of each photo that was reported last: the API repeats changes. @type {Map<string, string>} */
const reported = new Map();
let timer = 0;

/** Follow the changes until `signal` is aborted or the session ends. Throws what `sync` throws otherwise. @param {string} userId @param {AbortSignal} signal */
export async function follow(userId, signal) {
  const storageKey = `photosky.changes.${userId}`;
  try {
    await sync({ client: api, store: pageStore(storageKey, signal), signal, intervalMs: INTERVAL_MS, start: "now", ...TILE_QUERY });
  } catch (error) {
    if (error instanceof SignInError) return; // It is called again after the next sign-in.
    if (error instanceof Problem && error.code === "InvalidRequest" && localStorage.getItem(storageKey) !== null) {
      localStorage.removeItem(storageKey); // The cursor of another deployment at this address.
      return follow(userId, signal);
    }
    throw error;
  } finally {
    clearTimeout(timer);
    reported.clear();
    deletions.clear();
  }
}

/**
 * The copy of the photos that `sync` keeps: the page's store. Each tab has its own position, since each has its own copy. A
 * new tab begins at the last stored position, and the first one now: the page reads what it shows from the listing. The
 * API repeats the changes of the last half minute, which includes those since that was read.
 * @param {string} storageKey @param {AbortSignal} signal @returns {SyncStore}
 */
function pageStore(storageKey, signal) {
  /** @type {SyncState} */
  let state = { ...FIRST_STATE, cursor: localStorage.getItem(storageKey) };
  let since = now();
  return {
    load: async () => {
      await online(signal);
      since = now();
      return state;
    },
    apply: async (update) => {
      const { before, after } = update;
      state = after;
      if (after.cursor !== null) localStorage.setItem(storageKey, after.cursor);
      if (after.generation !== before.generation) library.reset(); // Deletions of so long ago are forgotten.
      applyChanges(update, since);
      return null;
    },
  };
}

/** @param {SyncUpdate} update @param {number} since the start of the request */
function applyChanges({ upserted, deleted }, since) {
  const versions = [
    ...upserted.map(({ photo_id, updated_at }) => /** @type {const} */ ([photo_id, updated_at])),
    ...deleted.map((photoId) => /** @type {const} */ ([photoId, "deleted"])),
  ];
  const fresh = versions.filter(([photoId, version]) => reported.get(photoId) !== version);
  for (const [photoId, version] of fresh) reported.set(photoId, version);
  upsertListed(upserted.filter(isNews), since);
  leave(deleted);
  if (fresh.length === 0) return;
  clearTimeout(timer);
  timer = setTimeout(() => void readMonths(), TIMELINE_PAUSE_MS);
}

/** Whether a photo is new where the page shows it, or newer than the page has it. Renewed preview URLs are no news. @param {ReadyPhoto} photo */
function isNews(photo) {
  const shown = known.peek().get(photo.photo_id);
  if (shown === undefined) return library.covers(photo) && !isJustChanged(photo.photo_id);
  return photo.updated_at > shown.updated_at;
}

/**
 * Remove photos that are no longer ready. The index of changes follows the records with a delay, and reports a photo that
 * was restored a moment ago as deleted. So what the page has just changed is left as it is; the next requests repeat it.
 * @param {string[]} photoIds
 */
function leave(photoIds) {
  const fresh = photoIds.filter(isFreshDeletion);
  const settled = photoIds.filter((photoId) => !isJustChanged(photoId));
  const gone = settled.filter((photoId) => statusOf(photoId) === "ready");
  // To be moved to the trash and to be removed from there are the same change.
  const trashed = settled.filter((photoId) => statusOf(photoId) === "trashed" && fresh.includes(photoId));
  if (gone.length > 0) remove(gone);
  if (trash.extents.peek().length > 0) for (const photoId of [...gone, ...trashed]) void readTrashed(photoId);
}

/** Whether the report of a deletion is not a repetition, or may not be. @param {string} photoId */
function isFreshDeletion(photoId) {
  const time = Date.now();
  const earlier = deletions.get(photoId);
  const isRepeated = earlier !== undefined && time - earlier.last < REPEATED_WITHIN_MS && time - earlier.first < REPEATED_FOR_MS;
  deletions.set(photoId, { first: isRepeated ? earlier.first : time, last: time });
  return !isRepeated;
}

/** Show a photo in the trash, if it is there. @param {string} photoId */
async function readTrashed(photoId) {
  try {
    await read(photoId);
  } catch (error) {
    if (!isMissing(error)) notify({ text: errorMessage(error) });
  }
}
