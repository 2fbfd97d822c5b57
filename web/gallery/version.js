// The version of the photo in the viewer, and those of its neighbours, which are read ahead.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { errorMessage } from "../messages.js";
import { read } from "./photos.js";
import { hasAllPreviews } from "./previews.js";
import { known, onClear } from "./store.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */

/** The neighbours that are read ahead, by ID; null if that failed. @type {Map<string, Promise<PhotoVersion | null>>} */
const ahead = new Map();
onClear.add(() => ahead.clear());

/** The current version of a photo in any status, or why it cannot be read. @param {string} photoId */
export function useVersion(photoId) {
  const version = useSignal(/** @type {PhotoVersion | null} */ (null));
  const problem = useSignal("");
  useEffect(() => {
    let isCurrent = true;
    version.value = null;
    problem.value = "";
    readVersion(photoId).then(
      (found) => isCurrent && (version.value = found),
      (error) => isCurrent && (problem.value = errorMessage(error)),
    );
    return () => (isCurrent = false);
  }, [photoId]);
  return { version, problem };
}

/**
 * Read the neighbours of a photo, so that a step to one of them finds its larger previews. It takes the place of the
 * request that the step would send.
 * @param {boolean} isRead whether the photo itself is read: those that the user only passes have no neighbours to read
 * @param {(ReadyPhoto | undefined)[]} neighbours
 */
export function useReadAhead(isRead, neighbours) {
  useEffect(() => {
    if (!isRead) return;
    const photos = neighbours.filter((photo) => photo !== undefined);
    for (const photoId of ahead.keys()) if (!photos.some((photo) => photo.photo_id === photoId)) ahead.delete(photoId);
    for (const photo of photos) {
      const { photo_id } = photo;
      // A step to the photo reads it again, and reports a failure.
      if (!ahead.has(photo_id) && !hasAllPreviews(photo)) ahead.set(photo_id, read(photo_id).catch(() => null));
    }
  }, [isRead, ...neighbours.map((photo) => photo?.photo_id)]);
}

/** The version that was read ahead, unless the photo has changed since. @param {string} photoId @returns {Promise<PhotoVersion>} */
async function readVersion(photoId) {
  const found = await ahead.get(photoId);
  ahead.delete(photoId);
  return found && found.photo.updated_at === known.peek().get(photoId)?.updated_at ? found : read(photoId);
}
