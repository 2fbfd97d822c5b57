// Actions on many photos: they run in groups, one after the other, with progress and a button that stops them.
import { job } from "./jobstate.js";
import { onClear } from "./store.js";

/** @import { ReadyPhoto } from "../client/contract.js" */

/** @typedef {{ photo: ReadyPhoto, error: unknown }} Failure */
/**
 * What an action did: the photos that it changed, those that it could not change, and those that were not reached
 * because it was stopped.
 * @typedef {{ changed: ReadyPhoto[], failures: Failure[], rest: ReadyPhoto[] }} Outcome
 */
/** Performs an action on a group of at most `size` photos. @typedef {{ size: number, perform: (group: ReadyPhoto[]) => Promise<Failure[]> }} Step */

/** A faster action shows no progress, else the toolbar would flicker. */
const SHOWN_AFTER_MS = 300;

/** Changes when all actions are stopped. */
let generation = 0;
/** Ends when all actions so far have ended. @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * Perform an action on photos, after those that were started before.
 * @param {string} label such as "Deleting"
 * @param {() => ReadyPhoto[]} choose the photos, when the earlier actions have ended
 * @param {Step} step
 * @returns {Promise<Outcome>}
 */
export function run(label, choose, step) {
  const startedIn = generation;
  const outcome = last.then(() => runNow(label, choose(), step, () => startedIn !== generation));
  last = outcome.catch(() => null); // The caller handles it.
  return outcome;
}

/** Stop the action that is in progress and those that wait, since another user may sign in. */
function stopAll() {
  generation += 1;
}
onClear.add(stopAll);

/** @param {string} label @param {ReadyPhoto[]} photos @param {Step} step @param {() => boolean} isObsolete @returns {Promise<Outcome>} */
async function runNow(label, photos, { size, perform }, isObsolete) {
  const state = { doneCount: 0, isStopped: false, isShown: false };
  const stop = () => (state.isStopped = true);
  const show = () => (job.value = { label, doneCount: state.doneCount, totalCount: photos.length, stop });
  const timer = setTimeout(() => {
    state.isShown = true;
    show();
  }, SHOWN_AFTER_MS);
  /** @type {Failure[]} */
  const failures = [];
  try {
    while (state.doneCount < photos.length && !state.isStopped && !isObsolete()) {
      const group = photos.slice(state.doneCount, state.doneCount + size);
      failures.push(...(await perform(group)));
      state.doneCount += group.length;
      if (state.isShown) show();
    }
  } finally {
    clearTimeout(timer);
    job.value = null;
  }
  if (isObsolete()) return { changed: [], failures: [], rest: [] }; // So that no notice names another user's photos.
  const failed = new Set(failures.map(({ photo }) => photo.photo_id));
  const changed = photos.slice(0, state.doneCount).filter(({ photo_id }) => !failed.has(photo_id));
  return { changed, failures, rest: photos.slice(state.doneCount) };
}
