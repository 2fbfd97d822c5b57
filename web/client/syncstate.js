// What `sync` and its stores share: the position in the changes, and the effect of a page on a copy of the photos.

/** @import { ReadyPhoto } from "./contract.js" */

/**
 * The position of a copy.
 * @typedef {object} SyncState
 * @property {string | null} cursor of the next request; null at the beginning
 * @property {number} generation counts the starts from the beginning
 * @property {boolean} isRestarting whether the copy may have photos of an earlier generation
 */

/**
 * One step of `sync`. A store applies all of it in one transaction: it keeps each upserted photo with `after.generation`,
 * removes the deleted ones, and if it `endsRestart`, removes the photos of other generations.
 * @typedef {object} SyncUpdate
 * @property {SyncState} before
 * @property {SyncState} after
 * @property {ReadyPhoto[]} upserted
 * @property {string[]} deleted IDs, also of photos that the copy does not have
 */

/** What a step has changed in a copy; without repeats. @typedef {{ upserted: ReadyPhoto[], deleted: string[] }} SyncEffect */

/**
 * A copy of the photos. `MemoryStore` and `IndexedDbStore` are two.
 * @typedef {object} SyncStore
 * @property {() => Promise<SyncState>} load the state of the last update; `FIRST_STATE` without any
 * @property {(update: SyncUpdate) => Promise<SyncEffect | null>} apply returns null, and changes nothing, if the state is
 * not `before`: another instance with the same copy was faster
 * @property {(listener: (effect: SyncEffect) => unknown, signal: AbortSignal) => void} [watch] reports the effects that other
 * instances have on the same copy
 */

/** @type {SyncState} */
export const FIRST_STATE = { cursor: null, generation: 0, isRestarting: false };

/** @param {SyncState} a @param {SyncState} b */
export function isSameState(a, b) {
  return a.cursor === b.cursor && a.generation === b.generation && a.isRestarting === b.isRestarting;
}

/** Whether all photos are reported again, so that those of other generations no longer exist. @param {SyncUpdate} update */
export function endsRestart({ before, after }) {
  return before.isRestarting && !after.isRestarting;
}

/**
 * The effect of an update on a copy. The API repeats changes, so most of them may have none.
 * @param {SyncUpdate} update @param {(photoId: string) => ReadyPhoto | undefined} known the photos of the copy
 * @param {string[]} outdated IDs of the photos of other generations that the copy removes
 * @returns {SyncEffect}
 */
export function effectOf({ upserted, deleted }, known, outdated) {
  const isChanged = (/** @type {ReadyPhoto} */ photo) => JSON.stringify(photo) !== JSON.stringify(known(photo.photo_id));
  return {
    upserted: upserted.filter(isChanged),
    deleted: [...deleted.filter((photoId) => known(photoId) !== undefined), ...outdated],
  };
}
