// The upload of a file: create the photo, post the file to S3, ingest it.
import { MAX_ATTEMPTS, backOff, online } from "./pauses.js";
import { Problem, UploadError } from "./problem.js";
import { canRepeatPost, postFile } from "./s3.js";

/** @import { PhotoSky } from "./api.js" */
/** @import { NewPhoto, ProblemCode, ReadyPhoto, UploadForm } from "./contract.js" */

/** A digest needs the whole file in memory, so larger files are uploaded without the search for a duplicate. */
const MAX_DIGEST_BYTES = 64 * 1024 * 1024;
/** S3 refuses a form that was renewed this often for another reason than its age. */
const MAX_RENEWALS = 2;
/** Each of them is repeated as `retry.js` does: for about a minute in all if another ingest is in progress. */
const MAX_INGESTS = 5;
/**
 * @typedef {object} UploadProgress
 * @property {"creating" | "uploading" | "ingesting"} stage
 * @property {number} sentBytes
 * @property {string | undefined} photoId known when the photo is created; store it to go on after a reload
 */

/**
 * @typedef {object} UploadOptions
 * @property {Pick<PhotoSky, "create" | "renewForm" | "ingest">} client
 * @property {File} file
 * @property {string} [contentType] by default that of the file
 * @property {string | undefined} [photoId] of an earlier attempt, whose upload may have arrived
 * @property {AbortSignal | undefined} [signal] cancels the upload
 * @property {(progress: UploadProgress) => void} [onProgress]
 */

/**
 * @typedef {object} UploadResult
 * @property {ReadyPhoto} photo
 * @property {boolean} isDuplicate the owner had a photo with the same bytes, and nothing was uploaded
 * @property {string} requestId of the ingest; empty for a duplicate
 */

/**
 * Make a photo of a file. Lost connections, expired forms and ingests in progress are repeated. Throws Problem (also for a
 * rejected file), UploadError, TypeError without a connection, DOMException if the file cannot be read, and the signal's
 * reason when it is aborted.
 * @param {UploadOptions} options @returns {Promise<UploadResult>}
 */
export async function uploadPhoto({ client, file, contentType = file.type, photoId, signal, onProgress = () => {} }) {
  /** @param {UploadProgress["stage"]} stage @param {number} sentBytes */
  const report = (stage, sentBytes) => onProgress({ stage, sentBytes, photoId });
  const finish = async (/** @type {string} */ id) => {
    report("ingesting", file.size);
    return { ...(await ingest(client, id, signal)), isDuplicate: false };
  };
  /** @type {UploadForm | null} */
  let form = null;
  if (photoId !== undefined) {
    try {
      return await finish(photoId);
    } catch (error) {
      if (!hasCode(error, "UploadMissing", "PhotoNotFound")) throw error;
      // A photo that was never uploaded expires after a day.
      if (hasCode(error, "PhotoNotFound")) photoId = undefined;
      else form = await renew(client, photoId, signal);
    }
  }
  if (photoId === undefined) {
    report("creating", 0);
    const created = await client.create(await newPhoto(file, contentType), crypto.randomUUID(), { signal });
    photoId = created.photo.photo_id;
    if (!("upload" in created)) return { photo: created.photo, isDuplicate: true, requestId: "" };
    form = created.upload;
  }
  report("uploading", 0);
  if (form) await post({ client, photoId, form, file, signal, onProgress: (sentBytes) => report("uploading", sentBytes) });
  return finish(photoId);
}

/**
 * Post the file until S3 has it. Each attempt sends all of it. A form that has expired, or that S3 refuses, is replaced.
 * @param {Pick<UploadOptions, "client" | "file" | "signal"> & { photoId: string, form: UploadForm, onProgress: (sentBytes: number) => void }} options
 */
async function post({ client, file, signal, photoId, form, onProgress }) {
  let renewals = 0;
  for (let failures = 0; ; failures++) {
    try {
      return await postFile(form, file, onProgress, signal);
    } catch (error) {
      const isRefused = error instanceof UploadError && error.status === 403 && renewals < MAX_RENEWALS;
      if (signal?.aborted || failures === MAX_ATTEMPTS - 1 || !(isRefused || canRepeatPost(error))) throw error;
      if (!isRefused) await backOff(failures, signal);
      await online(signal);
      // Of a large file, S3 may close the connection before its 403 arrives.
      if (isRefused || (isExpired(form) && renewals < MAX_RENEWALS)) {
        renewals += 1;
        const renewed = await renew(client, photoId, signal);
        if (renewed === null) return;
        form = renewed;
      }
    }
  }
}

/** @param {UploadForm} form */
function isExpired({ expires_at }) {
  return Date.parse(expires_at) <= Date.now();
}

/** Get a new form; null if the photo takes no upload any more, because an earlier attempt has arrived. @param {UploadOptions["client"]} client @param {string} photoId @param {AbortSignal} [signal] */
async function renew(client, photoId, signal) {
  try {
    return (await client.renewForm(photoId, { signal })).upload;
  } catch (error) {
    if (hasCode(error, "UploadNotExpected")) return null;
    throw error;
  }
}

/** @param {UploadOptions["client"]} client @param {string} photoId @param {AbortSignal} [signal] */
async function ingest(client, photoId, signal) {
  for (let count = 1; ; count++) {
    try {
      return await client.ingest(photoId, { signal });
    } catch (error) {
      if (!hasCode(error, "IngestInProgress", "IngestTimedOut") || count === MAX_INGESTS) throw error;
    }
  }
}

/** @param {unknown} error @param {...ProblemCode} codes */
function hasCode(error, ...codes) {
  return error instanceof Problem && codes.includes(error.code);
}

/** @param {File} file @param {string} contentType @returns {Promise<NewPhoto>} */
async function newPhoto(file, contentType) {
  // The API rejects a media type that is not in the contract, with a reason.
  const content_type = /** @type {NewPhoto["content_type"]} */ (contentType);
  const sha256 = file.size <= MAX_DIGEST_BYTES ? await digest(file) : null;
  return { filename: file.name, content_type, size_bytes: file.size, sha256 };
}

/** @param {Blob} file */
async function digest(file) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
