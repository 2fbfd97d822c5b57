// The gallery: choose or drop pictures, watch them arrive, look at them.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { filesOf, sorted } from "./files.js";
import { Grid } from "./grid.js";
import { tell } from "../notices.js";
import { UploadList } from "./uploadlist.js";
import { send } from "./uploads.js";
import { Viewer } from "./viewer.js";

/** @import { Place } from "../places.js" */

/** @type {Place} */
export const gallery = {
  path: /^\/(?:photos\/([0-9a-f-]+))?$/,
  View: Gallery,
  nav: { label: "Photos", path: "/" },
};

const ACCEPTED = "image/*,.avif,.heic,.heif,.tif,.tiff";

/** @param {{ params: string[] }} props */
function Gallery({ params: [photoId] }) {
  const dragging = useDrop();
  return html`
    <div class="toolbar">
      <h1>Photos</h1>
      <label class="button primary">
        Add photos
        <input type="file" multiple accept=${ACCEPTED} onChange=${/** @param {Chosen} event */ (event) => chosen(event, false)} />
      </label>
      <label class="button folder">
        Add a folder
        <input type="file" webkitdirectory onChange=${/** @param {Chosen} event */ (event) => chosen(event, true)} />
      </label>
    </div>
    <${UploadList} />
    <${Grid} />
    ${photoId && html`<${Viewer} photoId=${photoId} />`}
    ${dragging.value && html`<div class="drop-here" aria-hidden="true"><p>Drop pictures or folders</p></div>`}
  `;
}

/** @typedef {Event & { currentTarget: HTMLInputElement }} Chosen */

/** @param {Chosen} event @param {boolean} ofFolder */
function chosen({ currentTarget }, ofFolder) {
  take([...(currentTarget.files ?? [])], ofFolder);
  currentTarget.value = ""; // So that the same file can be chosen again.
}

/** @param {File[]} files @param {boolean} ofFolder */
function take(files, ofFolder) {
  const { pictures, others } = sorted(files, ofFolder);
  send(pictures);
  if (others > 0) tell({ text: `${others} ${others === 1 ? "file that is no picture was" : "files that are no pictures were"} left out.` });
}

/** Take files that are dropped anywhere on the page; the signal tells whether some are held over it. */
function useDrop() {
  const dragging = useSignal(false);
  useEffect(() => {
    /** @param {DragEvent} event */
    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      dragging.value = true;
    };
    /** @param {DragEvent} event */
    const left = (event) => {
      if (event.relatedTarget === null) dragging.value = false;
    };
    /** @param {DragEvent} event */
    const dropped = async (event) => {
      event.preventDefault();
      dragging.value = false;
      if (event.dataTransfer === null) return;
      const { named, inFolders } = await filesOf(event.dataTransfer);
      take(named, false);
      take(inFolders, true);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", left);
    addEventListener("drop", dropped);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", left);
      removeEventListener("drop", dropped);
    };
  }, []);
  return dragging;
}
