// The bar of the selected photos of the gallery, with the dialogs of its actions. It is loaded with the first selection.
import { html } from "htm/preact";
import { download, edit, moveToTrash } from "./changes.js";
import { library } from "./photos.js";
import { SelectionBar } from "./selectionbar.js";
import { TagDialog, editTags } from "./tagdialog.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Action } from "./selectionbar.js" */

export function LibraryBar() {
  return html`
    <${SelectionBar} listing=${library} actionsFor=${actionsFor} />
    <${TagDialog} />
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
