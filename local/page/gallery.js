// The gallery: choose or drop pictures, watch them arrive, look at them.
import { html } from "htm/preact";
import { Grid } from "./grid.js";
import { send } from "./uploads.js";
import { UploadList } from "./uploadlist.js";

/** @import { Place } from "./places.js" */

/** @type {Place} */
export const gallery = {
  path: /^\/(?:photos\/([0-9a-f-]+))?$/,
  View: Gallery,
  nav: { label: "Photos", path: "/" },
};

/** @param {{ params: string[] }} props */
function Gallery() {
  return html`
    <h1 class="visually-hidden">Photos</h1>
    <div class="toolbar">
      <label class="button primary">
        Add photos
        <input class="visually-hidden" type="file" multiple accept="image/*,.heic,.heif,.avif,.tif,.tiff" onChange=${chosen} />
      </label>
    </div>
    <${UploadList} />
    <${Grid} />
  `;
}

/** @param {Event & { currentTarget: HTMLInputElement }} event */
function chosen({ currentTarget }) {
  send(currentTarget.files ?? []);
  currentTarget.value = "";
}
