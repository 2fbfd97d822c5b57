// Ways to add photos: buttons for files and folders, and drops anywhere on the page.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { notify } from "../notices.js";
import { droppedFiles, selectImages } from "./files.js";
import * as uploads from "./uploads.js";

/** @import { ComponentChildren } from "preact" */
/** @typedef {Event & { currentTarget: HTMLInputElement }} InputEvent */

/** Names for the file dialog only, where the browser does not know the type; the first bytes decide. */
const ACCEPTED = "image/*,.avif,.heic,.heif,.hif,.mpo,.tif,.tiff";

/** A button that opens the file dialog. @param {{ isPrimary?: boolean, isFolder?: boolean, children: ComponentChildren }} props */
export function FileButton({ isPrimary = false, isFolder = false, children }) {
  /** @param {InputEvent} event */
  const onChange = ({ currentTarget }) => {
    void add([...(currentTarget.files ?? [])], isFolder);
    currentTarget.value = ""; // Else choosing the same file again would be no change.
  };
  return html`
    <label class=${isPrimary ? "button primary" : "button"}>
      ${children}
      ${isFolder
        ? html`<input type="file" webkitdirectory onChange=${onChange} />`
        : html`<input type="file" multiple accept=${ACCEPTED} onChange=${onChange} />`}
    </label>
  `;
}

/** Add files that are dropped anywhere on the page. The signal is true while files are dragged over it. */
export function useDrop() {
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

/** @param {File[]} files @param {boolean} areFromFolder */
async function add(files, areFromFolder) {
  const { images, skippedCount } = await selectImages(files, areFromFolder);
  uploads.add(images);
  if (skippedCount === 1) notify({ text: "1 file was skipped because it is not an image." });
  if (skippedCount > 1) notify({ text: `${skippedCount} files were skipped because they are not images.` });
}
