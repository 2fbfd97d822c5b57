// The upload to S3 with a presigned POST.

/** @import { UploadForm } from "./contract.js" */

/** An upload without progress for this long has lost its connection. */
const MAX_SILENCE_MS = 60_000;

/** S3 rejected the upload. */
export class UploadError extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`S3 rejected the upload with status ${status}.`);
    this.status = status;
  }
}

/**
 * Post a file with the form that the API returned: the form's fields first, the file last, without a token. It uses
 * XMLHttpRequest, since fetch reports no upload progress. Throws UploadError, or TypeError without a connection.
 * @param {UploadForm} form @param {Blob} file @param {(sentBytes: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function postFile(form, file, onProgress, signal) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = () => reject(new TypeError("The connection failed."));
    let timer = setTimeout(() => request.abort(), MAX_SILENCE_MS);
    request.upload.addEventListener("progress", ({ loaded }) => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), MAX_SILENCE_MS);
      onProgress(Math.min(loaded, file.size));
    });
    request.addEventListener("load", () => {
      if (request.status < 300) resolve();
      else reject(new UploadError(request.status));
    });
    request.addEventListener("error", fail);
    request.addEventListener("abort", () => (signal.aborted ? reject(signal.reason) : fail()));
    request.addEventListener("loadend", () => clearTimeout(timer));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", form.url);
    request.send(body);
  });
}
