// The gallery view: add photos, follow their uploads, browse and select them.
import { html } from "htm/preact";
import { lazy } from "../lazy.js";
import { GALLERY_PATH, photoPath } from "../links.js";
import { FileButton, useDrop } from "./adding.js";
import { Grid } from "./grid.js";
import { stopAll } from "./job.js";
import { library, trash } from "./photos.js";
import * as store from "./store.js";
import { Toolbar } from "./toolbar.js";
import * as uploads from "./uploads.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { View } from "../router.js" */

/** @type {View} */
export const gallery = {
  path: /^\/(?:photos\/([0-9a-f-]+))?$/,
  Component: Gallery,
  nav: { label: "Photos", path: GALLERY_PATH },
  onSignIn: uploads.resume,
  signOutWarning: uploads.signOutWarning,
  onSignOut: () => {
    stopAll();
    uploads.clear();
    library.reset();
    trash.reset();
    store.clear();
  },
};

// None is part of the first view.
const LibraryBar = lazy(async () => (await import("./librarybar.js")).LibraryBar, [], html`<div class="toolbar"></div>`);
const UploadPanel = lazy(async () => (await import("./uploadpanel.js")).UploadPanel, ["gallery/uploads.css"], null);
const Viewer = lazy(async () => (await import("./viewer.js")).Viewer, ["gallery/viewer.css"], null);

/** @param {{ params: string[] }} props */
function Gallery({ params: [photoId] }) {
  const isDraggedOver = useDrop();
  return html`
    <${Toolbar} listing=${library} Bar=${LibraryBar}>
      <h1>Photos</h1>
      <${FileButton} isPrimary>Add photos<//>
      <${FileButton} isFolder>Add a folder<//>
    <//>
    <${Grid}
      listing=${library}
      label="Your photos"
      hrefOf=${/** @param {ReadyPhoto} photo */ ({ photo_id }) => `#${photoPath(photo_id)}`}
      Empty=${Empty}
    />
    ${uploads.uploads.value.length > 0 && html`<${UploadPanel} />`}
    ${photoId && html`<${Viewer} photoId=${photoId} />`}
    ${isDraggedOver.value && html`<div class="drop-here" aria-hidden="true"><p>Drop photos or folders here</p></div>`}
  `;
}

function Empty() {
  return html`
    <div class="empty drop-frame">
      <h2>No photos yet</h2>
      <p class="for-mouse">Drop photos or folders anywhere on this page, or choose them.</p>
      <p class="for-touch">Choose photos from this device.</p>
      <${FileButton} isPrimary>Choose photos<//>
    </div>
  `;
}
