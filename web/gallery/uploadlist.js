// The list of uploads: what becomes of each, in words and as a bar.
import { html } from "htm/preact";
import { LinksAbout } from "../links.js";
import { dismiss, dismissFinished, isActive, pending, progress, retry, uploads } from "./uploads.js";
import { bytes } from "../words.js";

/** @import { Stage, Upload } from "./uploads.js" */

/** What goes on comes first, then what needs somebody. @type {Stage[]} */
const ORDER = ["ingesting", "uploading", "refused", "failed", "interrupted", "waiting", "known", "done"];

export function UploadList() {
  const all = uploads.value;
  if (all.length === 0) return null;
  const active = pending.value.length;
  const ranked = all.toSorted((one, other) => ORDER.indexOf(one.stage.value) - ORDER.indexOf(other.stage.value));
  return html`
    <section class="uploads" aria-labelledby="uploads-heading">
      <header>
        <h2 id="uploads-heading">${active > 0 ? `Uploading ${all.length - active + 1} of ${all.length}` : "Uploads"}</h2>
        ${active > 0 && html`<progress aria-label="All uploads" max="1" value=${progress.value}></progress>`}
        ${active < all.length && html`<button type="button" class="quiet" onClick=${dismissFinished}>Clear finished</button>`}
      </header>
      <ul tabindex="0" aria-labelledby="uploads-heading">
        ${ranked.map((item) => html`<${Row} key=${item.key} item=${item} />`)}
      </ul>
    </section>
  `;
}

/** @param {{ item: Upload }} props */
function Row({ item }) {
  const stage = item.stage.value;
  return html`
    <li class="upload" data-stage=${stage}>
      <span class="name" title=${item.name}>${item.name}</span>
      <span class="size">${bytes(item.size)}</span>
      <span class="state">${inWords(item)}</span>
      ${(stage === "uploading" || stage === "ingesting") && html`<${Bar} item=${item} />`}
      <span class="actions">
        <${LinksAbout} photoId=${item.photoId.value} requestId=${item.requestId.value} />
        ${stage === "failed" &&
        html`<button type="button" onClick=${() => retry(item)} aria-label=${`Try ${item.name} again`}>Try again</button>`}
        ${stage !== "ingesting" &&
        html`<button
          type="button"
          class="quiet icon"
          onClick=${() => dismiss(item)}
          aria-label=${isActive(stage) ? `Cancel ${item.name}` : `Take ${item.name} off the list`}
        >
          ✕
        </button>`}
      </span>
    </li>
  `;
}

/** @param {{ item: Upload }} props */
function Bar({ item }) {
  // Without a value it moves, and says that nobody knows how long.
  const value = item.stage.value === "ingesting" ? {} : { value: item.sent.value };
  return html`<progress key=${item.stage.value} aria-label=${item.name} max=${Math.max(1, item.size)} ...${value}></progress>`;
}

/** @param {Upload} item */
function inWords({ stage, sent, size, reason }) {
  switch (stage.value) {
    case "waiting":
      return "Waiting";
    case "uploading":
      return `Uploading ${Math.floor((100 * sent.value) / Math.max(1, size))} %`;
    case "ingesting":
      return "Making previews";
    case "done":
      return "Done";
    case "known":
      return "Already in your photos";
    case "interrupted":
      return "Interrupted before it arrived: choose it again";
    case "failed":
    case "refused":
      return reason.value;
  }
}
