// The steps of one upload: create the photo, post the file to S3, ingest it.
import { Problem } from "../client/api.js";
import { MAX_ATTEMPTS, backOff, online } from "../client/pauses.js";
import { postFile } from "../client/s3.js";
import { errorMessage } from "../messages.js";
import { api } from "../services.js";
import { mediaTypeOf } from "./files.js";
import { add } from "./photos.js";
import { store, unstore } from "./uploadstore.js";

/** @import { NewPhoto } from "../client/contract.js" */
/** @import { Upload } from "./upload.js" */

/** A digest needs the whole file in memory, so larger files are uploaded without the search for a duplicate. */
const MAX_DIGEST_BYTES = 64 * 1024 * 1024;
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
  if (upload.mayHaveArrived) {
    try {
      return await ingest(upload);
    } catch (error) {
      if (!isMissing(error) || upload.file === null) throw error;
      upload.mayHaveArrived = false;
    }
  }
  const file = /** @type {File} */ (upload.file);
  upload.stage.value = "uploading";
  const created = await api.create(await newPhoto(file));
  upload.photoId.value = created.photo.photo_id;
  if (!("upload" in created)) {
    add([created.photo]);
    return false;
  }
  store(upload);
  upload.abort.signal.throwIfAborted();
  await retried(() => postFile(created.upload, file, (bytes) => (upload.sentBytes.value = bytes), upload.abort.signal));
  upload.mayHaveArrived = true;
  upload.stage.value = "ingesting";
  return ingest(upload);
}

/** @param {Upload} upload */
async function ingest(upload) {
  const { photo, requestId } = await api.ingest(upload.photoId.value ?? "");
  upload.requestId.value = requestId;
  add([photo]);
  return true;
}

/** @param {unknown} error */
function isMissing(error) {
  return error instanceof Problem && error.code === "UploadMissing";
}

/** Retry an action after each failed connection. @param {() => Promise<void>} action */
async function retried(action) {
  for (let failures = 0; ; failures++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof TypeError) || failures === MAX_ATTEMPTS - 1) throw error;
      await backOff(failures);
      await online();
    }
  }
}

/** @param {File} file @returns {Promise<NewPhoto>} */
async function newPhoto(file) {
  // The API rejects a media type that is not in the contract, with a reason.
  const content_type = /** @type {NewPhoto["content_type"]} */ (await mediaTypeOf(file));
  const sha256 = file.size <= MAX_DIGEST_BYTES ? await digest(file) : null;
  return { filename: file.name, content_type, size_bytes: file.size, sha256 };
}

/** @param {Blob} file */
async function digest(file) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
