// The list of uploads with their status and progress.
import { html } from "htm/preact";
import { formatBytes } from "../format.js";
import { TraceLink } from "./tracelink.js";
import { isActive } from "./upload.js";
import { activeUploads, progress, remove, removeFinished, retry, uploads } from "./uploads.js";

/** @import { Stage, Upload } from "./upload.js" */

/** Running uploads first, then those that need an action. @type {Stage[]} */
const ORDER = ["ingesting", "uploading", "rejected", "failed", "interrupted", "waiting", "duplicate", "done"];

export function UploadList() {
  const all = uploads.value;
  if (all.length === 0) return null;
  const activeCount = activeUploads.value.length;
  const ordered = all.toSorted((a, b) => ORDER.indexOf(a.stage.value) - ORDER.indexOf(b.stage.value));
  return html`
    <section class="uploads" aria-labelledby="uploads-heading">
      <header>
        <h2 id="uploads-heading">${activeCount > 0 ? `Uploading ${all.length - activeCount + 1} of ${all.length}` : "Uploads"}</h2>
        ${activeCount > 0 && html`<progress aria-label="All uploads" max="1" value=${progress.value}></progress>`}
        ${activeCount < all.length && html`<button type="button" class="quiet" onClick=${removeFinished}>Clear finished</button>`}
      </header>
      <ul tabindex="0" aria-labelledby="uploads-heading">
        ${ordered.map((upload) => html`<${Row} key=${upload.id} upload=${upload} />`)}
      </ul>
    </section>
  `;
}

/** @param {{ upload: Upload }} props */
function Row({ upload }) {
  const stage = upload.stage.value;
  return html`
    <li class="upload" data-stage=${stage}>
      <span class="name" title=${upload.name}>${upload.name}</span>
      <span class="size">${formatBytes(upload.sizeBytes)}</span>
      <span class="state">${statusText(upload)}</span>
      ${(stage === "uploading" || stage === "ingesting") && html`<${Progress} upload=${upload} />`}
      <span class="actions">
        <${TraceLink} photoId=${upload.photoId.value} requestId=${upload.requestId.value} />
        ${stage === "failed" &&
        html`<button type="button" onClick=${() => retry(upload)} aria-label=${`Try ${upload.name} again`}>Try again</button>`}
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
    </li>
  `;
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
