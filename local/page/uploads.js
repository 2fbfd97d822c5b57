// The uploads: a few at a time, each created, posted to S3 and ingested.
import { computed, signal } from "@preact/signals";
import { backoff, online, upload } from "./api.js";
import { add } from "./photos.js";
import { api } from "./services.js";
import { reason } from "./words.js";

/** @import { NewPhoto } from "./api.js" */

const AT_ONCE = 3;
const ATTEMPTS = 6;
/** Above this, a digest would take more memory than the bytes it may spare are worth. */
const MAX_DIGEST_BYTES = 64 * 1024 * 1024;

/** What browsers do not always know. @type {Record<string, string>} */
const TYPES = {
  avif: "image/avif",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  tif: "image/tiff",
  tiff: "image/tiff",
  webp: "image/webp",
};

/** @typedef {"waiting" | "uploading" | "ingesting" | "done" | "known" | "refused"} Stage */

/** One file on its way. */
export class Upload {
  /** @param {File} file */
  constructor(file) {
    this.key = crypto.randomUUID();
    this.file = file;
    this.stage = signal(/** @type {Stage} */ ("waiting"));
    /** Bytes that S3 has. */
    this.sent = signal(0);
    /** Why it was refused, in words. */
    this.reason = signal("");
    this.photoId = signal(/** @type {string | undefined} */ (undefined));
    /** Of the ingest: the workflow's execution is called so. */
    this.requestId = signal(/** @type {string | undefined} */ (undefined));
  }
}

/** Newest last. @type {import("@preact/signals").Signal<Upload[]>} */
export const uploads = signal([]);

/** How many are not finished. */
export const pending = computed(
  () => uploads.value.filter(({ stage }) => ["waiting", "uploading", "ingesting"].includes(stage.value)).length,
);

let working = 0;

/** Send files, after those that wait already. @param {Iterable<File>} files */
export function send(files) {
  uploads.value = [...uploads.value, ...Array.from(files, (file) => new Upload(file))];
  work();
}

/** Try one again that was refused. @param {Upload} failed */
export function retry(failed) {
  failed.stage.value = "waiting";
  failed.sent.value = 0;
  work();
}

function work() {
  while (working < AT_ONCE) {
    const next = uploads.value.find(({ stage }) => stage.peek() === "waiting");
    if (next === undefined) return;
    next.stage.value = "uploading";
    working += 1;
    void run(next).finally(() => {
      working -= 1;
      work();
    });
  }
}

/** @param {Upload} item */
async function run(item) {
  try {
    const created = await api.create(await describe(item.file));
    item.photoId.value = created.photo.photo_id;
    if (!("upload" in created)) {
      item.stage.value = "known";
      add([created.photo]);
      return;
    }
    await persistently(() => upload(created.upload, item.file, (sent) => (item.sent.value = sent)));
    item.stage.value = "ingesting";
    const { photo, requestId } = await api.ingest(created.photo.photo_id);
    item.requestId.value = requestId;
    item.stage.value = "done";
    add([photo]);
  } catch (error) {
    item.stage.value = "refused";
    item.reason.value = reason(error);
  }
}

/** Try again after each broken connection. @param {() => Promise<void>} action */
async function persistently(action) {
  for (let failures = 0; ; failures++) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof TypeError) || failures === ATTEMPTS - 1) throw error;
      await backoff(failures);
      await online();
    }
  }
}

/** @param {File} file @returns {Promise<NewPhoto>} */
async function describe(file) {
  const extension = file.name.split(".").at(-1)?.toLowerCase() ?? "";
  const content_type = /** @type {NewPhoto["content_type"]} */ (file.type || TYPES[extension] || "application/octet-stream");
  const sha256 = file.size <= MAX_DIGEST_BYTES ? await digest(file) : null;
  return { filename: file.name, content_type, size_bytes: file.size, sha256 };
}

/** @param {File} file */
async function digest(file) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
