// A copy of the photos in IndexedDB, for `sync`: it survives reloads, and all tabs share it.
import { FIRST_STATE, effectOf, endsRestart, isSameState } from "./syncstate.js";

/** @import { ReadyPhoto } from "./contract.js" */
/** @import { SyncEffect, SyncState, SyncStore, SyncUpdate } from "./syncstate.js" */

/** @typedef {{ photo: ReadyPhoto, generation: number }} PhotoRecord */

const STATE_KEY = "state";

/** @implements {SyncStore} */
export class IndexedDbStore {
  #database;
  #channel;

  /** @param {string} name of the database, such as one with the user's `sub`: each user needs a copy of their own */
  constructor(name) {
    this.#database = open(name);
    this.#channel = new BroadcastChannel(name);
  }

  /** All photos, in the order of creation. @returns {Promise<ReadyPhoto[]>} */
  async photos() {
    const { photos } = await this.#transaction("readonly");
    return (await resultOf(photos.getAll())).map(({ photo }) => photo);
  }

  /** @returns {Promise<SyncState>} */
  async load() {
    const { states } = await this.#transaction("readonly");
    return (await resultOf(states.get(STATE_KEY))) ?? FIRST_STATE;
  }

  // Only its own requests are awaited: IndexedDB ends a transaction that has none.
  /** @param {SyncUpdate} update @returns {Promise<SyncEffect | null>} */
  async apply(update) {
    const { before, after, upserted, deleted } = update;
    const { photos, states, finished } = await this.#transaction("readwrite");
    if (!isSameState((await resultOf(states.get(STATE_KEY))) ?? FIRST_STATE, before)) return null;
    const known = await recordsOf(photos, [...upserted.map(({ photo_id }) => photo_id), ...deleted]);
    for (const photo of upserted) photos.put({ photo, generation: after.generation });
    for (const photoId of deleted) photos.delete(photoId);
    const older = IDBKeyRange.upperBound(after.generation, true);
    const outdated = endsRestart(update) ? await resultOf(photos.index("generation").getAllKeys(older)) : [];
    for (const photoId of outdated) photos.delete(photoId);
    states.put(after, STATE_KEY);
    await finished;
    const effect = effectOf(update, (photoId) => known.get(photoId)?.photo, outdated.map(String));
    if (effect.upserted.length + effect.deleted.length > 0) this.#channel.postMessage(effect);
    return effect;
  }

  /** @param {(effect: SyncEffect) => unknown} listener @param {AbortSignal} signal */
  watch(listener, signal) {
    this.#channel.addEventListener("message", ({ data }) => listener(data), { signal });
  }

  /** Remove the copy, and close the store. */
  async clear() {
    const { photos, states, finished } = await this.#transaction("readwrite");
    photos.clear();
    states.clear();
    await finished;
    (await this.#database).close();
    this.#channel.close();
  }

  /** @param {IDBTransactionMode} mode */
  async #transaction(mode) {
    const transaction = (await this.#database).transaction(["photos", "states"], mode);
    /** @type {Promise<void>} */
    const finished = new Promise((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve());
      transaction.addEventListener("abort", () => reject(transaction.error));
    });
    return { photos: transaction.objectStore("photos"), states: transaction.objectStore("states"), finished };
  }
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function open(name) {
  const request = indexedDB.open(name, 1);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore("photos", { keyPath: "photo.photo_id" }).createIndex("generation", "generation");
    request.result.createObjectStore("states");
  });
  return resultOf(request);
}

/** The records of those IDs that the copy has. @param {IDBObjectStore} photos @param {string[]} photoIds @returns {Promise<Map<string, PhotoRecord>>} */
async function recordsOf(photos, photoIds) {
  const records = await Promise.all(photoIds.map((photoId) => resultOf(photos.get(photoId))));
  return new Map(records.filter((record) => record !== undefined).map((record) => [record.photo.photo_id, record]));
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
