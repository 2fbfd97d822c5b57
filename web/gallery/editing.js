// Changes of single fields, which are sent at once.
import { Problem } from "../client/problem.js";
import { errorMessage } from "../messages.js";
import { announce, notify } from "../notices.js";
import { edit, read } from "./photos.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Photo, PhotoEdit, ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */

/**
 * Edit a photo; a failure is shown as a notice. If the photo was changed elsewhere, the changes are made to its current
 * version. `version` stays then, so that the form notices its own conflicts.
 * @param {string} photoId @param {Signal<PhotoVersion | null>} version null while it is not read yet
 * @param {(photo: Photo | ReadyPhoto) => PhotoEdit} changesOf
 * @returns {Promise<boolean>} whether the photo is edited
 */
export async function change(photoId, version, changesOf) {
  try {
    const base = version.peek() ?? (await read(photoId));
    try {
      version.value = await edit(photoId, changesOf(base.photo), base.etag);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "PreconditionFailed")) throw error;
      const current = await read(photoId);
      await edit(photoId, changesOf(current.photo), current.etag);
    }
  } catch (error) {
    notify({ text: `The change was not saved. ${errorMessage(error)}` });
    return false;
  }
  announce("Saved.");
  return true;
}
