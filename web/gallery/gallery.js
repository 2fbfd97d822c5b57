// The gallery view: add photos, follow their uploads, browse and select them.
import { html } from "htm/preact";
import { GALLERY_PATH, photoPath } from "../links.js";
import { FileButton, useDrop } from "./adding.js";
import { download, edit, forgetUndo, moveToTrash } from "./changes.js";
import { Grid } from "./grid.js";
import { stopAll } from "./job.js";
import { library, trash } from "./photos.js";
import { Toolbar } from "./selectionbar.js";
import * as store from "./store.js";
import { TagDialog, editTags } from "./tagdialog.js";
import { UploadList } from "./uploadlist.js";
import * as uploads from "./uploads.js";
import { Viewer } from "./viewer.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { View } from "../router.js" */
/** @import { Action } from "./selectionbar.js" */

/** @type {View} */
export const gallery = {
  path: /^\/(?:photos\/([0-9a-f-]+))?$/,
  Component: Gallery,
  nav: { label: "Photos", path: GALLERY_PATH },
  onSignIn: uploads.resume,
  onSignOut: () => {
    stopAll();
    forgetUndo();
    uploads.clear();
    library.reset();
    trash.reset();
    store.clear();
  },
};

/** @param {{ params: string[] }} props */
function Gallery({ params: [photoId] }) {
  const isDraggedOver = useDrop();
  return html`
    <${Toolbar} listing=${library} actionsFor=${actionsFor}>
      <h1>Photos</h1>
      <${FileButton} isPrimary>Add photos<//>
      <${FileButton} isFolder>Add a folder<//>
    <//>
    <${UploadList} />
    <${Grid}
      listing=${library}
      label="Your photos"
      hrefOf=${/** @param {ReadyPhoto} photo */ ({ photo_id }) => `#${photoPath(photo_id)}`}
      Empty=${Empty}
    />
    <${TagDialog} />
    ${photoId && html`<${Viewer} photoId=${photoId} />`}
    ${isDraggedOver.value && html`<div class="drop-here" aria-hidden="true"><p>Drop photos or folders here</p></div>`}
  `;
}

/** @param {ReadyPhoto[]} photos @returns {Action[]} */
function actionsFor(photos) {
  const favorite = photos.some((photo) => !photo.favorite);
  return [
    {
      label: favorite ? "Favorite" : "Unfavorite",
      icon: favorite ? "heart" : "heartOff",
      run: (all) => edit(all, (photo) => (photo.favorite === favorite ? null : { favorite })),
    },
    { label: "Tags", icon: "tag", run: editTags },
    { label: "Download", icon: "download", run: download },
    { label: "Delete", icon: "trash", run: moveToTrash },
  ];
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
