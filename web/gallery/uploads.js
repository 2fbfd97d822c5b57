// The uploads: a few at a time, each created, posted to S3 and ingested; what a reload interrupts is taken up again.
import { computed, effect, signal } from "@preact/signals";
import { Problem, backoff, online, upload } from "../client/api.js";
import { contentType } from "./files.js";
import { announce } from "../notices.js";
import { add } from "./photos.js";
import { api } from "../services.js";
import { reason } from "../words.js";

/** @import { NewPhoto } from "../client/contract.js" */
/** @import { Signal } from "@preact/signals" */

const AT_ONCE = 3;
const ATTEMPTS = 6;
/** Above this, a digest would take more memory than the bytes it may spare are worth. */
const MAX_DIGEST_BYTES = 64 * 1024 * 1024;
const KEPT = "photosky.upload.";
/** The bytes themselves are to blame: sending them again ends the same. */
const FINAL = [413, 415, 422];

/** @typedef {"waiting" | "uploading" | "ingesting" | "done" | "known" | "failed" | "refused" | "interrupted"} Stage */

/** One file on its way. */
export class Upload {
  /**
   * @param {string} name @param {number} size in bytes @param {File | null} file gone after a reload
   * @param {string} [photoId] once there is one, its bytes may have arrived
   */
  constructor(name, size, file, photoId) {
    this.key = `${KEPT}${crypto.randomUUID()}`;
    this.name = name;
    this.size = size;
    this.file = file;
    this.mayHaveArrived = photoId !== undefined;
    this.abort = new AbortController();
    this.stage = signal(/** @type {Stage} */ (file || photoId ? "waiting" : "interrupted"));
    /** Bytes that S3 has. */
    this.sent = signal(0);
    /** Why it is not a photo, in words. */
    this.reason = signal("");
    this.photoId = signal(photoId);
    /** Of the ingest: the workflow's execution is called so. */
    this.requestId = signal(/** @type {string | undefined} */ (undefined));
  }
}

/** In the order they were chosen. @type {Signal<Upload[]>} */
export const uploads = signal([]);
/** Those that are not finished. */
export const pending = computed(() => uploads.value.filter(({ stage }) => isActive(stage.value)));
/** How far all are, from 0 to 1. */
export const progress = computed(() => {
  const total = uploads.value.reduce((sum, { size }) => sum + size, 0);
  const sent = uploads.value.reduce((sum, { size, sent, stage }) => sum + (isActive(stage.value) ? sent.value : size), 0);
  return total === 0 ? 1 : sent / total;
});

let working = 0;

/** @param {Stage} stage */
export function isActive(stage) {
  return stage === "waiting" || stage === "uploading" || stage === "ingesting";
}

/** Send files, after those that wait already. One that was interrupted and is chosen again takes its place. @param {File[]} files */
export function send(files) {
  const chosen = new Set(files.map(({ name, size }) => `${size} ${name}`));
  for (const item of uploads.value) {
    if (item.stage.value === "interrupted" && chosen.has(`${item.size} ${item.name}`)) dismiss(item);
  }
  enqueue(files.map((file) => new Upload(file.name, file.size, file)));
}

/** Try one again. @param {Upload} failed */
export function retry(failed) {
  failed.sent.value = 0;
  failed.stage.value = "waiting";
  work();
}

/** Take one off the list; if it is on its way, stop it. @param {Upload} item */
export function dismiss(item) {
  item.abort.abort(new DOMException("The upload was cancelled.", "AbortError"));
  sessionStorage.removeItem(item.key);
  uploads.value = uploads.value.filter((other) => other !== item);
}

/** Take all off the list that are finished. */
export function dismissFinished() {
  for (const item of uploads.value) if (!isActive(item.stage.value)) dismiss(item);
}

/** Stop and forget all: somebody else may sign in. */
export function forget() {
  for (const item of uploads.value) dismiss(item);
}

/** Go on with what a reload interrupted. Once, after the user has signed in. */
export function resume() {
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(KEPT));
  const kept = keys.map((key) => {
    const { name, size, photoId, at } = JSON.parse(sessionStorage.getItem(key) ?? "");
    sessionStorage.removeItem(key);
    return { at, item: new Upload(name, size, null, photoId) };
  });
  enqueue(kept.sort((one, other) => one.at - other.at).map(({ item }) => item));
}

/** @param {Upload[]} items */
function enqueue(items) {
  for (const item of items) keep(item);
  uploads.value = [...uploads.value, ...items];
  work();
}

/** Remember one over a reload. @param {Upload} item */
function keep({ key, name, size, photoId }) {
  sessionStorage.setItem(key, JSON.stringify({ name, size, photoId: photoId.value, at: performance.timeOrigin + performance.now() }));
}

function work() {
  while (working < AT_ONCE) {
    const next = uploads.value.find(({ stage }) => stage.peek() === "waiting");
    if (next === undefined) return;
    next.stage.value = next.mayHaveArrived ? "ingesting" : "uploading";
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
    item.stage.value = (await becomesPhoto(item)) ? "done" : "known";
    sessionStorage.removeItem(item.key);
  } catch (error) {
    if (item.abort.signal.aborted) return;
    const isMissing = error instanceof Problem && error.code === "UploadMissing";
    const isFinal = error instanceof Problem && FINAL.includes(error.status);
    item.stage.value = isFinal ? "refused" : isMissing && item.file === null ? "interrupted" : "failed";
    item.reason.value = reason(error);
    if (error instanceof Problem) item.requestId.value = error.requestId;
    if (isFinal) sessionStorage.removeItem(item.key);
  }
}

/** Take an upload as far as it goes; false says that the owner had these bytes already. @param {Upload} item */
async function becomesPhoto(item) {
  if (item.mayHaveArrived) {
    try {
      return await ingest(item);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "UploadMissing") || item.file === null) throw error;
      item.mayHaveArrived = false;
    }
  }
  const file = /** @type {File} */ (item.file);
  item.stage.value = "uploading";
  const created = await api.create(await describe(file));
  item.photoId.value = created.photo.photo_id;
  if (!("upload" in created)) {
    add([created.photo]);
    return false;
  }
  keep(item);
  item.abort.signal.throwIfAborted();
  await persistently(() => upload(created.upload, file, (sent) => (item.sent.value = sent), item.abort.signal));
  item.mayHaveArrived = true;
  item.stage.value = "ingesting";
  return ingest(item);
}

/** @param {Upload} item */
async function ingest(item) {
  const { photo, requestId } = await api.ingest(item.photoId.value ?? "");
  item.requestId.value = requestId;
  add([photo]);
  return true;
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
  // What is no type of the contract, the API refuses, and says so.
  const content_type = /** @type {NewPhoto["content_type"]} */ (contentType(file));
  const sha256 = file.size <= MAX_DIGEST_BYTES ? await digest(file) : null;
  return { filename: file.name, content_type, size_bytes: file.size, sha256 };
}

/** @param {Blob} file */
async function digest(file) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

addEventListener("beforeunload", (event) => {
  if (pending.value.some(({ file }) => file !== null)) event.preventDefault();
});

// Screen readers hear how it ended, and each refusal: not of every file of a folder.
let lastActive = 0;
/** @type {Set<Upload>} */
const heard = new Set();
effect(() => {
  const active = pending.value.length;
  for (const item of uploads.value) {
    if (!["failed", "refused", "interrupted"].includes(item.stage.value)) heard.delete(item);
    else if (!heard.has(item)) {
      heard.add(item);
      announce(`${item.name}: ${item.reason.value || "choose it again"}`);
    }
  }
  if (lastActive > 0 && active === 0) {
    const ready = uploads.value.filter(({ stage }) => stage.value === "done" || stage.value === "known").length;
    announce(`${ready} of ${uploads.value.length} uploads are in your photos, ${uploads.value.length - ready} are not.`);
  }
  lastActive = active;
});
