// The upload to S3 with a presigned POST.
import { UploadError } from "./problem.js";

/** @import { UploadForm } from "./contract.js" */

/** An upload without progress for this long has lost its connection. */
const MAX_SILENCE_MS = 60_000;
/** S3 closes a connection that is too slow with status 400 and this code (S3 API reference, "List of error codes"). */
const TIMEOUT_CODE = "RequestTimeout";

/** Whether another attempt to post a file can succeed. @param {unknown} error */
export function canRepeatPost(error) {
  if (error instanceof UploadError) return error.status >= 500 || error.code === TIMEOUT_CODE;
  return error instanceof TypeError;
}

/**
 * Post a file with the form that the API returned: the form's fields first, the file last, without a token. Throws
 * UploadError, or TypeError without a connection.
 * @param {UploadForm} form @param {Blob} file @param {(sentBytes: number) => void} onProgress @param {AbortSignal} [signal]
 */
export async function postFile(form, file, onProgress, signal) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file);
  // fetch reports no upload progress, and Node.js has no XMLHttpRequest.
  const post = "XMLHttpRequest" in globalThis ? postWithProgress : postWithFetch;
  const { status, document } = await post(form.url, body, (sentBytes) => onProgress(Math.min(sentBytes, file.size)), signal);
  if (status >= 300) throw new UploadError(status, document);
  onProgress(file.size);
}

/** @param {string} url @param {FormData} body @param {(sentBytes: number) => void} _onProgress @param {AbortSignal} [signal] */
async function postWithFetch(url, body, _onProgress, signal) {
  const response = await fetch(url, { method: "POST", body, signal: signal ?? null });
  return { status: response.status, document: await response.text() };
}

/**
 * @param {string} url @param {FormData} body @param {(sentBytes: number) => void} onProgress @param {AbortSignal} [signal]
 * @returns {Promise<{ status: number, document: string }>}
 */
function postWithProgress(url, body, onProgress, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const fail = () => reject(new TypeError("The connection failed."));
    let timer = setTimeout(abort, MAX_SILENCE_MS);
    request.upload.addEventListener("progress", ({ loaded }) => {
      clearTimeout(timer);
      timer = setTimeout(abort, MAX_SILENCE_MS);
      onProgress(loaded);
    });
    request.addEventListener("load", () => resolve({ status: request.status, document: request.responseText }));
    request.addEventListener("error", fail);
    request.addEventListener("abort", () => (signal?.aborted ? reject(signal.reason) : fail()));
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    });
    signal?.addEventListener("abort", abort);
    request.open("POST", url);
    request.send(body);
  });
}
