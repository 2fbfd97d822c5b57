// Keeps a copy of the photos up to date (GET /changes).
import { backOff, online, pause, wait } from "./pauses.js";
import { Problem, isTransient } from "./problem.js";

/** @import { PhotoSky } from "./api.js" */
/** @import { SyncEffect, SyncState, SyncStore } from "./syncstate.js" */

/** The API's maximum, for the fewest round trips. */
const PAGE_SIZE = 100;
const INTERVAL_MS = 5_000;
/** The interval while nothing of the page is visible. */
const HIDDEN_INTERVAL_MS = 60_000;
/** The backoff after more failures than this stays the same: 32 to 64 seconds. */
const MAX_FAILURES = 7;

/**
 * @typedef {object} SyncOptions
 * @property {Pick<PhotoSky, "changes">} client
 * @property {SyncStore} store
 * @property {AbortSignal} signal ends it
 * @property {(effect: SyncEffect) => void | Promise<void>} [onChange] called after each change of the copy, also by another tab
 * @property {number} [intervalMs] between two requests when there are no more changes
 * @property {"now"} [start] without a cursor, begin now: for a store that reads what it needs from the listing
 * @property {string[]} [previews] names of the presets whose previews the photos have; all without it
 */
/** The parameters of all requests but `cursor`. @typedef {Pick<SyncOptions, "start" | "previews">} SyncParameters */

/**
 * Apply the changes to the store until `signal` is aborted, and return then. It goes on where the store stopped. Several
 * instances with one store are safe. It waits while the API cannot be reached, and throws any other error: Problem, and
 * those of the session, the store and `onChange`.
 * @param {SyncOptions} options
 */
export async function sync({ client, store, signal, onChange = () => {}, intervalMs = INTERVAL_MS, ...parameters }) {
  store.watch?.(onChange, signal);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { effect, hasMore } = await step(client, store, signal, parameters);
      if (effect && effect.upserted.length + effect.deleted.length > 0) await onChange(effect);
      if (!hasMore) await rest(intervalMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Apply one page of changes, or start again if its cursor has expired. @param {SyncOptions["client"]} client @param {SyncStore} store @param {AbortSignal} signal @param {SyncParameters} parameters */
async function step(client, store, signal, parameters) {
  const before = await store.load();
  const page = await nextPage(client, before.cursor, signal, parameters);
  const { changes, next_cursor, has_more } = page ?? { changes: [], next_cursor: null, has_more: true };
  /** @type {SyncState} */
  const after = page
    ? { ...before, cursor: next_cursor, isRestarting: before.isRestarting && has_more }
    : { cursor: null, generation: before.generation + 1, isRestarting: true };
  const upserted = changes.flatMap((change) => (change.type === "upserted" ? [change.photo] : []));
  const deleted = changes.flatMap((change) => (change.type === "deleted" ? [change.photo_id] : []));
  return { effect: await store.apply({ before, after, upserted, deleted }), hasMore: has_more };
}

/** Returns null if the cursor has expired. @param {SyncOptions["client"]} client @param {string | null} cursor @param {AbortSignal} signal @param {SyncParameters} parameters */
async function nextPage(client, cursor, signal, { start, previews }) {
  const query = { limit: PAGE_SIZE, ...(previews && { previews }), ...(cursor === null ? start && { start } : { cursor }) };
  for (let failures = 0; ; failures++) {
    try {
      return await client.changes(query, { signal });
    } catch (error) {
      if (error instanceof Problem && error.code === "CursorExpired" && cursor !== null) return null;
      if (!isTransient(error)) throw error;
      await backOff(Math.min(failures, MAX_FAILURES), signal);
      await online(signal);
    }
  }
}

/** Wait for the next request: longer while the page is hidden, but not once it is shown. @param {number} intervalMs @param {AbortSignal} signal */
async function rest(intervalMs, signal) {
  const milliseconds = intervalMs * (1 + Math.random() / 4);
  if (globalThis.document?.visibilityState !== "hidden") return pause(milliseconds, signal);
  await wait({ milliseconds: Math.max(milliseconds, HIDDEN_INTERVAL_MS), target: document, event: "visibilitychange", signal });
}
