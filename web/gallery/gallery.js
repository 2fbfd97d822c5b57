// The gallery view: add photos, follow their uploads, browse them.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { lazy } from "../lazy.js";
import { GALLERY_PATH } from "../links.js";
import { notify } from "../notices.js";
import { droppedFiles, selectImages } from "./files.js";
import { Grid } from "./grid.js";
import * as photos from "./photos.js";
import * as uploads from "./uploads.js";

/** @import { View } from "../router.js" */
/** @typedef {Event & { currentTarget: HTMLInputElement }} InputEvent */

/** @type {View} */
export const gallery = {
  path: /^\/(?:photos\/([0-9a-f-]+))?$/,
  Component: Gallery,
  nav: { label: "Photos", path: GALLERY_PATH },
  onSignIn: uploads.resume,
  signOutWarning: uploads.signOutWarning,
  onSignOut: () => {
    photos.clear();
    uploads.clear();
  },
};

// Neither is part of the first view.
const UploadPanel = lazy(async () => (await import("./uploadpanel.js")).UploadPanel, ["gallery/uploads.css"], null);
const Viewer = lazy(async () => (await import("./viewer.js")).Viewer, ["gallery/viewer.css"], null);

/** Names for the file dialog only, where the browser does not know the type; the first bytes decide. */
const ACCEPTED = "image/*,.avif,.heic,.heif,.hif,.mpo,.tif,.tiff";

/** @param {{ params: string[] }} props */
function Gallery({ params: [photoId] }) {
  const isDraggedOver = useDrop();
  return html`
    <div class="toolbar">
      <h1>Photos</h1>
      <label class="button primary">
        Add photos
        <input type="file" multiple accept=${ACCEPTED} onChange=${/** @param {InputEvent} event */ (event) => onChosen(event, false)} />
      </label>
      <label class="button">
        Add a folder
        <input type="file" webkitdirectory onChange=${/** @param {InputEvent} event */ (event) => onChosen(event, true)} />
      </label>
    </div>
    <${Grid} />
    ${uploads.uploads.value.length > 0 && html`<${UploadPanel} />`}
    ${photoId && html`<${Viewer} photoId=${photoId} />`}
    ${isDraggedOver.value && html`<div class="drop-here" aria-hidden="true"><p>Drop photos or folders here</p></div>`}
  `;
}

/** @param {InputEvent} event @param {boolean} isFolder */
function onChosen({ currentTarget }, isFolder) {
  void add([...(currentTarget.files ?? [])], isFolder);
  currentTarget.value = ""; // Else choosing the same file again would be no change.
}

/** @param {File[]} files @param {boolean} areFromFolder */
async function add(files, areFromFolder) {
  const { images, skippedCount } = await selectImages(files, areFromFolder);
  uploads.add(images);
  if (skippedCount === 1) notify({ text: "1 file was skipped because it is not an image." });
  if (skippedCount > 1) notify({ text: `${skippedCount} files were skipped because they are not images.` });
}

/** Add files that are dropped anywhere on the page. The signal is true while files are dragged over it. */
function useDrop() {
  const isDraggedOver = useSignal(false);
  useEffect(() => {
    /** @param {DragEvent} event */
    const onDragOver = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      isDraggedOver.value = true;
    };
    /** @param {DragEvent} event */
    const onDragLeave = (event) => {
      if (event.relatedTarget === null) isDraggedOver.value = false;
    };
    /** @param {DragEvent} event */
    const onDrop = async (event) => {
      event.preventDefault();
      isDraggedOver.value = false;
      if (event.dataTransfer === null) return;
      const { files, folderFiles } = await droppedFiles(event.dataTransfer);
      void add(files, false);
      void add(folderFiles, true);
    };
    addEventListener("dragover", onDragOver);
    addEventListener("dragleave", onDragLeave);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onDragOver);
      removeEventListener("dragleave", onDragLeave);
      removeEventListener("drop", onDrop);
    };
  }, []);
  return isDraggedOver;
}
