// A copy of the photos in memory, for `sync`. A reload starts from the beginning.
import { FIRST_STATE, effectOf, endsRestart, isSameState } from "./syncstate.js";

/** @import { ReadyPhoto } from "./contract.js" */
/** @import { SyncStore, SyncUpdate } from "./syncstate.js" */

/** @implements {SyncStore} */
export class MemoryStore {
  #state = FIRST_STATE;
  /** By photo ID. @type {Map<string, { photo: ReadyPhoto, generation: number }>} */
  #records = new Map();

  /** All photos, in no particular order. */
  async photos() {
    return [...this.#records.values()].map(({ photo }) => photo);
  }

  async load() {
    return this.#state;
  }

  /** @param {SyncUpdate} update */
  async apply(update) {
    const { before, after, upserted, deleted } = update;
    if (!isSameState(this.#state, before)) return null;
    const touched = new Set([...upserted.map(({ photo_id }) => photo_id), ...deleted]);
    const outdated = endsRestart(update) ? this.#untouched(after.generation, touched) : [];
    const effect = effectOf(update, (photoId) => this.#records.get(photoId)?.photo, outdated);
    for (const photo of upserted) this.#records.set(photo.photo_id, { photo, generation: after.generation });
    for (const photoId of [...deleted, ...outdated]) this.#records.delete(photoId);
    this.#state = after;
    return effect;
  }

  /** IDs of the photos of other generations. @param {number} generation @param {Set<string>} touched IDs to leave out */
  #untouched(generation, touched) {
    const older = [...this.#records].filter(([, record]) => record.generation !== generation);
    return older.map(([photoId]) => photoId).filter((photoId) => !touched.has(photoId));
  }
}
