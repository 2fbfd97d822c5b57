// Takes an upload through its stages.
import { Problem } from "../client/problem.js";
import { uploadPhoto } from "../client/upload.js";
import { errorMessage } from "../messages.js";
import { api } from "../services.js";
import { mediaTypeOf } from "./files.js";
import { upsert } from "./store.js";
import { store, unstore } from "./uploadstore.js";

/** @import { UploadProgress, UploadResult } from "../client/upload.js" */
/** @import { Upload } from "./upload.js" */

/** Responses that depend on the bytes alone: another attempt has the same result. */
const REJECTION_STATUSES = [413, 415, 422];

/** Take an upload to its final stage. @param {Upload} upload */
export async function transfer(upload) {
  try {
    upload.stage.value = (await makePhoto(upload)) ? "done" : "duplicate";
    unstore(upload);
  } catch (error) {
    if (upload.abort.signal.aborted) return;
    const isRejected = error instanceof Problem && REJECTION_STATUSES.includes(error.status);
    upload.stage.value = isRejected ? "rejected" : isMissing(error) && upload.file === null ? "interrupted" : "failed";
    upload.reason.value = errorMessage(error);
    if (error instanceof Problem) upload.requestId.value = error.requestId;
    if (isRejected) unstore(upload);
  }
}

/** Returns false if the owner has a photo with the same bytes. @param {Upload} upload */
async function makePhoto(upload) {
  const { photo, requestId, isDuplicate } = await (upload.file === null ? ingest(upload) : send(upload, upload.file));
  upload.photoId.value = photo.photo_id;
  if (!isDuplicate) upload.requestId.value = requestId;
  upsert([photo]);
  return !isDuplicate;
}

/** @param {Upload} upload @param {File} file @returns {Promise<UploadResult>} */
async function send(upload, file) {
  const photoId = upload.mayHaveArrived ? upload.photoId.value : undefined;
  const onProgress = (/** @type {UploadProgress} */ progress) => follow(upload, progress);
  const { signal } = upload.abort;
  return uploadPhoto({ client: api, file, contentType: await mediaTypeOf(file), photoId, signal, onProgress });
}

/** @param {Upload} upload one that a reload has interrupted @returns {Promise<UploadResult>} */
async function ingest({ photoId, abort }) {
  return { ...(await api.ingest(photoId.value ?? "", abort)), isDuplicate: false };
}

/** @param {Upload} upload @param {UploadProgress} progress */
function follow(upload, { stage, sentBytes, photoId }) {
  upload.mayHaveArrived = stage === "ingesting";
  upload.stage.value = upload.mayHaveArrived ? "ingesting" : "uploading";
  upload.sentBytes.value = sentBytes;
  if (photoId === upload.photoId.peek()) return;
  upload.photoId.value = photoId;
  store(upload);
}

/** @param {unknown} error */
function isMissing(error) {
  return error instanceof Problem && error.code === "UploadMissing";
}
