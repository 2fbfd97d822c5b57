// The list of uploads, of which a few run at a time. After a reload, those whose bytes have arrived continue.
import { computed, effect, signal } from "@preact/signals";
import { errorMessage } from "../messages.js";
import { announce } from "../notices.js";
import { Upload, isActive } from "./upload.js";
import { store, takeStored, unstore } from "./uploadstore.js";

/** @import { Signal } from "@preact/signals" */

const MAX_CONCURRENT = 3;

/** In the order in which they were added. @type {Signal<Upload[]>} */
export const uploads = signal([]);
export const activeUploads = computed(() => uploads.value.filter(({ stage }) => isActive(stage.value)));

let runningCount = 0;

/** Add files to the end of the list. A file that was interrupted and is chosen again replaces its entry. @param {File[]} files */
export function add(files) {
  const chosen = new Set(files.map(({ name, size }) => `${size} ${name}`));
  for (const upload of uploads.value) {
    if (upload.stage.value === "interrupted" && chosen.has(`${upload.sizeBytes} ${upload.name}`)) remove(upload);
  }
  enqueue(files.map((file) => new Upload(file.name, file.size, file)));
}

/** @param {Upload} upload a failed one */
export function retry(upload) {
  upload.sentBytes.value = 0;
  upload.stage.value = "waiting";
  startNext();
}

/** Whether another attempt can succeed. @param {Upload} upload */
export function isRetryable({ stage }) {
  return stage.value === "failed";
}

export function retryAll() {
  for (const upload of uploads.value.filter(isRetryable)) retry(upload);
}

/** Remove an upload from the list. An active one is cancelled. @param {Upload} upload */
export function remove(upload) {
  upload.abort.abort(new DOMException("The upload was cancelled.", "AbortError"));
  unstore(upload);
  uploads.value = uploads.value.filter((other) => other !== upload);
}

/** Whether there is something to cancel: the bytes of an upload that is being processed have arrived. @param {Upload} upload */
export function isCancellable({ stage }) {
  return stage.value === "waiting" || stage.value === "uploading";
}

export function cancelAll() {
  for (const upload of uploads.value.filter(isCancellable)) remove(upload);
}

export function removeFinished() {
  for (const upload of uploads.value) if (!isActive(upload.stage.value)) remove(upload);
}

/** The question before a sign-out that would cancel uploads; empty without any. */
export function signOutWarning() {
  const count = activeUploads.value.length;
  if (count === 0) return "";
  return `${count === 1 ? "1 photo is" : `${count} photos are`} still being uploaded. Sign out and cancel this?`;
}

/** Cancel and remove all uploads, since another user may sign in. */
export function clear() {
  for (const upload of uploads.value) remove(upload);
}

/** Add the uploads that a reload has interrupted. A list that is still there after another sign-in has them already. */
export function resume() {
  if (uploads.peek().length === 0) enqueue(takeStored());
}

/** @param {Upload[]} added */
function enqueue(added) {
  for (const upload of added) store(upload);
  uploads.value = [...uploads.value, ...added];
  startNext();
}

function startNext() {
  while (runningCount < MAX_CONCURRENT) {
    const next = uploads.value.find(({ stage }) => stage.peek() === "waiting");
    if (next === undefined) return;
    next.stage.value = next.mayHaveArrived ? "ingesting" : "uploading";
    runningCount += 1;
    void start(next).finally(() => {
      runningCount -= 1;
      startNext();
    });
  }
}

addEventListener("beforeunload", (event) => {
  if (activeUploads.value.some(({ file }) => file !== null)) event.preventDefault();
});

// Announced are each failure and the end of all uploads, not each success: a folder may hold hundreds of files.
let lastActiveCount = 0;
/** @type {Set<Upload>} */
const announced = new Set();
effect(() => {
  const activeCount = activeUploads.value.length;
  for (const upload of uploads.value) {
    if (!["failed", "rejected", "interrupted"].includes(upload.stage.value)) announced.delete(upload);
    else if (!announced.has(upload)) {
      announced.add(upload);
      announce(`${upload.name}: ${upload.reason.value || "choose the file again"}`);
    }
  }
  if (lastActiveCount > 0 && activeCount === 0) {
    const total = uploads.value.length;
    const succeeded = uploads.value.filter(({ stage }) => stage.value === "done" || stage.value === "duplicate").length;
    announce(`${succeeded} of ${total} uploads succeeded, ${total - succeeded} did not.`);
  }
  lastActiveCount = activeCount;
});

/** Take an upload to its final stage. The modules are loaded with the first one. @param {Upload} upload */
async function start(upload) {
  try {
    const { transfer } = await import("./transfer.js");
    await transfer(upload);
  } catch (error) {
    upload.stage.value = "failed";
    upload.reason.value = errorMessage(error);
  }
}
