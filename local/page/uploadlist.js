// The list of uploads: what each does, in words and as a bar.
import { html } from "htm/preact";
import { places } from "./places.js";
import { config } from "./services.js";
import { retry, uploads } from "./uploads.js";

/** @import { Upload } from "./uploads.js" */

export function UploadList() {
  if (uploads.value.length === 0) return null;
  return html`
    <section class="uploads" aria-labelledby="uploads-heading">
      <h2 id="uploads-heading">Uploads</h2>
      <ul>
        ${uploads.value.map((item) => html`<${Row} key=${item.key} item=${item} />`)}
      </ul>
    </section>
  `;
}

/** @param {{ item: Upload }} props */
function Row({ item }) {
  const stage = item.stage.value;
  return html`
    <li class="upload" data-stage=${stage}>
      <span class="upload-name">${item.file.name}</span>
      <span class="upload-state">${inWords(item)}</span>
      ${["waiting", "uploading", "ingesting"].includes(stage) &&
      html`<progress aria-label=${item.file.name} max=${item.file.size} value=${item.sent.value}></progress>`}
      ${stage === "refused" && html`<button type="button" onClick=${() => retry(item)}>Try again</button>`}
      <${AboutPhoto} photoId=${item.photoId.value} requestId=${item.requestId.value} />
    </li>
  `;
}

/** The links that other places offer about a photo. @param {{ photoId?: string, requestId?: string }} props */
export function AboutPhoto({ photoId, requestId }) {
  if (photoId === undefined) return null;
  return places.map(
    ({ aboutPhoto, isAvailable }) =>
      aboutPhoto &&
      (isAvailable?.(config) ?? true) &&
      html`<a key=${aboutPhoto.label} href=${`#${aboutPhoto.path(photoId, requestId)}`}>${aboutPhoto.label}</a>`,
  );
}

/** @param {Upload} item */
function inWords({ stage, sent, file, reason }) {
  switch (stage.value) {
    case "waiting":
      return "waiting";
    case "uploading":
      return `uploading ${Math.floor((100 * sent.value) / Math.max(1, file.size))} %`;
    case "ingesting":
      return "making previews";
    case "done":
      return "done";
    case "known":
      return "already in your photos";
    case "refused":
      return reason.value;
  }
}
