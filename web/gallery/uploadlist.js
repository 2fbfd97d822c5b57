// The list of uploads with their pictures, status and progress.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { formatBytes } from "../format.js";
import { isActive } from "./upload.js";
import { isRetryable, remove, retry, uploads } from "./uploads.js";
import { WorkflowLink } from "./workflowlink.js";

/** @import { Stage, Upload } from "./upload.js" */

/** Running uploads first, then those that need an action. @type {Stage[]} */
const ORDER = ["ingesting", "uploading", "rejected", "failed", "interrupted", "waiting", "duplicate", "done"];
/** The browser decodes each of these pictures in full, so only the first entries have one. */
const MAX_THUMBNAILS = 30;

export function UploadList() {
  const ordered = uploads.value.toSorted((a, b) => ORDER.indexOf(a.stage.value) - ORDER.indexOf(b.stage.value));
  return html`
    <ul tabindex="0" aria-label="Uploads">
      ${ordered.map((upload, index) => html`<${Row} key=${upload.id} upload=${upload} hasThumbnail=${index < MAX_THUMBNAILS} />`)}
    </ul>
  `;
}

/** @param {{ upload: Upload, hasThumbnail: boolean }} props */
function Row({ upload, hasThumbnail }) {
  const stage = upload.stage.value;
  return html`
    <li class="upload" data-stage=${stage}>
      <span class="thumbnail">${hasThumbnail && upload.file && html`<${Thumbnail} file=${upload.file} />`}</span>
      <span class="name" title=${upload.name}>${upload.name}</span>
      <span class="status">
        <span class="size">${formatBytes(upload.sizeBytes)}</span>
        <span class="state">${statusText(upload)}</span>
      </span>
      <span class="actions">
        <${WorkflowLink} photoId=${upload.photoId.value} requestId=${upload.requestId.value} />
        ${isRetryable(upload) &&
        html`<button type="button" onClick=${() => retry(upload)} aria-label=${`Try again: ${upload.name}`}>Try again</button>`}
        ${stage !== "ingesting" &&
        html`<button
          type="button"
          class="quiet icon"
          onClick=${() => remove(upload)}
          aria-label=${isActive(stage) ? `Cancel ${upload.name}` : `Remove ${upload.name} from the list`}
        >
          ✕
        </button>`}
      </span>
      ${(stage === "uploading" || stage === "ingesting") && html`<${Progress} upload=${upload} />`}
    </li>
  `;
}

/** The file itself as a picture; nothing where the browser cannot decode its format. @param {{ file: File }} props */
function Thumbnail({ file }) {
  const url = useSignal("");
  useEffect(() => {
    const created = URL.createObjectURL(file);
    url.value = created;
    return () => URL.revokeObjectURL(created);
  }, [file]);
  return url.value && html`<img src=${url.value} alt="" loading="lazy" decoding="async" onError=${() => (url.value = "")} />`;
}

/** @param {{ upload: Upload }} props */
function Progress({ upload }) {
  // Without a value, the bar is indeterminate: the ingest reports no progress.
  const value = upload.stage.value === "ingesting" ? {} : { value: upload.sentBytes.value };
  return html`<progress key=${upload.stage.value} aria-label=${upload.name} max=${Math.max(1, upload.sizeBytes)} ...${value}></progress>`;
}

/** @param {Upload} upload */
function statusText({ stage, sentBytes, sizeBytes, reason }) {
  switch (stage.value) {
    case "waiting":
      return "Waiting";
    case "uploading":
      return `Uploading ${Math.floor((100 * sentBytes.value) / Math.max(1, sizeBytes))}%`;
    case "ingesting":
      return "Processing";
    case "done":
      return "Done";
    case "duplicate":
      return "Already in your photos";
    case "interrupted":
      return "Interrupted. Choose the file again.";
    case "failed":
    case "rejected":
      return reason.value;
  }
}
