// One file on its way to becoming a photo.
import { signal } from "@preact/signals";

/**
 * `duplicate`: the owner has a photo with these bytes; `rejected`: the bytes cannot become a photo; `interrupted`: a
 * reload has lost the file before S3 had it.
 * @typedef {"waiting" | "uploading" | "ingesting" | "done" | "duplicate" | "failed" | "rejected" | "interrupted"} Stage
 */

export class Upload {
  /**
   * @param {string} name @param {number} sizeBytes @param {File | null} file null after a reload
   * @param {string} [photoId] known after a reload if the photo was created
   */
  constructor(name, sizeBytes, file, photoId) {
    this.id = crypto.randomUUID();
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.file = file;
    /** Whether S3 may have the bytes, so that ingesting is tried first. */
    this.mayHaveArrived = photoId !== undefined;
    this.abort = new AbortController();
    this.stage = signal(/** @type {Stage} */ (file || photoId ? "waiting" : "interrupted"));
    this.sentBytes = signal(0);
    /** Why it failed or was rejected, as a message. */
    this.reason = signal("");
    this.photoId = signal(photoId);
    /** Of the ingest, which is also the name of its execution. */
    this.requestId = signal(/** @type {string | undefined} */ (undefined));
  }
}

/** @param {Stage} stage */
export function isActive(stage) {
  return stage === "waiting" || stage === "uploading" || stage === "ingesting";
}
