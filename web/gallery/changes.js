// The actions on photos that the user has chosen, with the notices about their results.
import { displayName, formatCount } from "../format.js";
import { errorMessage } from "../messages.js";
import { dismiss, notify } from "../notices.js";
import { api } from "../services.js";
import { GROUP_SIZE, changeGroup, deleteGroup } from "./batch.js";
import { focusOn } from "./grid.js";
import { run } from "./job.js";
import { save } from "./save.js";
import { latest, onClear, statusOf } from "./store.js";

/** @import { PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @import { Notice } from "../notices.js" */
/** @import { Outcome } from "./job.js" */

/** A notice with Undo is shown at least this long, even if other photos are deleted. */
const MIN_UNDO_MS = 10_000;

/** The last deletion, which can be undone. @type {{ photos: ReadyPhoto[], notice: Notice, shownAt: number } | null} */
let undoable = null;

/**
 * Edit photos.
 * @param {ReadyPhoto[]} photos
 * @param {(photo: ReadyPhoto) => PhotoEdit | null} changesOf the current version of a photo; null if it needs no change
 */
export async function edit(photos, changesOf) {
  const perform = (/** @type {ReadyPhoto[]} */ group) => {
    const different = group.map(latest).filter((photo) => changesOf(photo) !== null);
    const changes = (/** @type {ReadyPhoto} */ photo) => /** @type {PhotoEdit} */ (changesOf(photo));
    return changeGroup(different, (photo) => ({ op: "edit", photo_id: photo.photo_id, changes: changes(photo) }));
  };
  const outcome = await run("Changing", () => photos, { size: GROUP_SIZE, perform });
  reportFailures("changed", outcome);
  return outcome;
}

/** Delete ready photos. The notice offers to restore them, if they are in the trash. @param {ReadyPhoto[]} photos */
export async function moveToTrash(photos) {
  /** @type {Set<ReadyPhoto>} */
  const trashed = new Set();
  const perform = async (/** @type {ReadyPhoto[]} */ group) => {
    const failures = await deleteGroup(group);
    for (const photo of group) if (statusOf(photo.photo_id) === "trashed") trashed.add(photo);
    return failures;
  };
  const outcome = await run("Deleting", () => photos.filter(isUnchanged), { size: GROUP_SIZE, perform });
  const kept = outcome.changed.filter((photo) => trashed.has(photo));
  const gone = outcome.changed.filter((photo) => !trashed.has(photo));
  if (kept.length > 0) offerUndo(kept);
  if (gone.length > 0) notify({ text: `${nameOf(gone)} deleted.` });
  reportFailures("deleted", outcome);
  return outcome;
}

/** Remove photos that are in the trash. @param {ReadyPhoto[]} photos */
export async function deleteForGood(photos) {
  const outcome = await run("Deleting", () => photos.filter(isUnchanged), { size: GROUP_SIZE, perform: deleteGroup });
  if (outcome.changed.length > 0) notify({ text: `${nameOf(outcome.changed)} deleted for good.` });
  reportFailures("deleted", outcome);
  return outcome;
}

/** Whether no earlier action has moved or removed a photo: a second deletion would remove it for good. @param {ReadyPhoto} photo */
function isUnchanged({ photo_id, status }) {
  return statusOf(photo_id) === status;
}

/** Bring photos back from the trash. @param {ReadyPhoto[]} photos */
export async function restore(photos) {
  const outcome = await run("Restoring", () => photos, {
    size: GROUP_SIZE,
    perform: (group) => changeGroup(group, ({ photo_id }) => ({ op: "restore", photo_id })),
  });
  if (outcome.changed.length > 0) notify({ text: `${nameOf(outcome.changed)} restored.` });
  reportFailures("restored", outcome);
  return outcome;
}

/** Save the originals, one after the other. @param {ReadyPhoto[]} photos */
export async function download(photos) {
  const perform = async (/** @type {ReadyPhoto[]} */ [photo]) => {
    if (photo === undefined) return [];
    try {
      await save(await api.originalUrl(photo.photo_id), photo.filename);
      return [];
    } catch (error) {
      return [{ photo, error }];
    }
  };
  const outcome = await run("Downloading", () => photos, { size: 1, perform });
  reportFailures("downloaded", outcome);
  return outcome;
}

/** Dismiss the notice, since another user may sign in. */
function forgetUndo() {
  if (undoable) dismiss(undoable.notice);
  undoable = null;
}
onClear.add(forgetUndo);

/** One notice for all deletions of the last seconds, else they would cover the page. @param {ReadyPhoto[]} trashed */
function offerUndo(trashed) {
  const last = undoable;
  const wasShown = last !== null && dismiss(last.notice);
  const isRecent = wasShown && Date.now() - last.shownAt < MIN_UNDO_MS;
  const photos = isRecent ? [...last.photos, ...trashed] : trashed;
  const undo = async () => {
    undoable = null;
    const { changed } = await restore(photos);
    if (changed[0]) focusOn(changed[0].photo_id);
  };
  const notice = notify({ text: `${nameOf(photos)} moved to the trash.`, action: { label: "Undo", run: undo }, isKept: true });
  undoable = { photos, notice, shownAt: Date.now() };
}

/** Say what could not be done, and why. @param {string} verb @param {Outcome} outcome */
function reportFailures(verb, { changed, failures, rest }) {
  if (failures.length === 0) return;
  const reasons = new Set(failures.map(({ error }) => errorMessage(error)));
  const total = formatCount(changed.length + failures.length + rest.length);
  const count = total === "1" ? nameOf(failures.map(({ photo }) => photo)) : `${formatCount(failures.length)} of ${total}`;
  notify({ text: `${count} could not be ${verb}: ${[...reasons].join(" ")}`, isKept: true });
}

/** @param {ReadyPhoto[]} photos */
function nameOf(photos) {
  const [photo] = photos;
  return photo && photos.length === 1 ? `“${displayName(photo)}”` : `${formatCount(photos.length)} photos`;
}
