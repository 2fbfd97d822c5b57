// Groups of operations on photos (`POST /photos/batch`), and what their results mean for the store.
import { Problem } from "../client/problem.js";
import { api } from "../services.js";
import { isMissing, read } from "./photos.js";
import { isListed, latest, remove, statusOf, upsert } from "./store.js";

/** @import { PhotoOperation, PhotoResult, ReadyPhoto } from "../client/contract.js" */
/** @import { Failure } from "./job.js" */

/** The API's maximum. */
export const GROUP_SIZE = 100;
const CONCURRENT_READS = 10;

/**
 * Edit or restore a group of photos, at most `GROUP_SIZE`.
 * @param {ReadyPhoto[]} photos @param {(photo: ReadyPhoto) => PhotoOperation} operationOf @returns {Promise<Failure[]>}
 */
export async function changeGroup(photos, operationOf) {
  return (await send(photos, operationOf)).filter(({ photo, error }) => {
    if (isMissing(error)) remove([photo.photo_id]);
    return error !== null;
  });
}

/**
 * Delete a group of photos, at most `GROUP_SIZE`. A ready photo goes to the trash, one in the trash is gone. A photo that the
 * user sees outside the trash stays in the trash if it was moved there elsewhere.
 * @param {ReadyPhoto[]} photos @returns {Promise<Failure[]>}
 */
export async function deleteGroup(photos) {
  const results = await send(photos, ({ photo_id, status }) => ({ op: "delete", photo_id, permanent: false, keep_trashed: status === "ready" }));
  await leave(results.filter(({ error }) => error === null).map(({ photo }) => photo));
  remove(results.filter(({ error }) => isMissing(error)).map(({ photo }) => photo.photo_id));
  const failures = results.filter(({ error }) => error !== null && !isMissing(error));
  await settle(failures.filter(({ error }) => isUnknown(error)).map(({ photo }) => photo));
  return failures.filter(({ photo: { photo_id, status } }) => statusOf(photo_id) === status);
}

/**
 * Send one operation for each photo. `error` is null for those that succeeded, whose new versions are stored.
 * @param {ReadyPhoto[]} photos @param {(photo: ReadyPhoto) => PhotoOperation} operationOf
 */
async function send(photos, operationOf) {
  if (photos.length === 0) return [];
  try {
    const results = await api.change(photos.map(operationOf));
    upsert(results.map(({ photo }) => photo).filter((photo) => photo !== undefined && isListed(photo)));
    return photos.map((photo, index) => ({ photo, error: errorOf(results[index]) }));
  } catch (error) {
    return photos.map((photo) => ({ photo, error }));
  }
}

/** @param {PhotoResult | undefined} result */
function errorOf(result) {
  return result?.problem ? new Problem(result.problem) : null;
}

/** Whether a request that failed with this error may have been performed. @param {unknown} error */
function isUnknown(error) {
  return !(error instanceof Problem) || error.status >= 500;
}

/**
 * Store that photos were deleted. One of them is read, because an environment with `trash_days: 0` has no trash.
 * @param {ReadyPhoto[]} photos with the same status
 */
async function leave(photos) {
  const [first] = photos;
  if (first === undefined) return;
  const trashed = { status: /** @type {const} */ ("trashed"), trashed_at: new Date().toISOString() };
  if (first.status === "ready" && (await isKept(first.photo_id))) upsert(photos.map((photo) => ({ ...latest(photo), ...trashed })));
  else remove(photos.map(({ photo_id }) => photo_id));
}

/** Whether a deleted photo is in the trash. @param {string} photoId */
async function isKept(photoId) {
  try {
    await read(photoId);
    return true;
  } catch (error) {
    return !isMissing(error); // Without a connection, a restore will show it.
  }
}

/** Read photos whose deletion may have been performed. @param {ReadyPhoto[]} photos */
async function settle(photos) {
  for (let start = 0; start < photos.length; start += CONCURRENT_READS) {
    const reads = photos.slice(start, start + CONCURRENT_READS).map(async ({ photo_id }) => {
      try {
        await read(photo_id);
        return true;
      } catch (error) {
        return isMissing(error);
      }
    });
    // Without a connection, each request would take another 15 seconds to fail.
    if ((await Promise.all(reads)).includes(false)) return;
  }
}
