// The buttons of the viewer: favorite, download, delete.
import { html } from "htm/preact";
import { Problem } from "../client/problem.js";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { api } from "../services.js";
import { Icon } from "./icons.js";
import { edit } from "./photos.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */

/** @param {{ photo: ReadyPhoto, version: Signal<PhotoVersion | null>, onRemove: () => void }} props */
export function Actions({ photo, version, onRemove }) {
  const toggleFavorite = async () => {
    const changes = { favorite: !photo.favorite };
    try {
      version.value = await edit(photo.photo_id, changes, version.peek()?.etag);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "PreconditionFailed")) return notify({ text: errorMessage(error) });
      // A favorite does not conflict with other changes. `version` stays, so that the form notices its own conflicts.
      await edit(photo.photo_id, changes).catch((again) => notify({ text: errorMessage(again) }));
    }
  };
  const download = async () => {
    try {
      const link = document.createElement("a");
      link.href = await api.originalUrl(photo.photo_id);
      link.download = photo.filename;
      link.click();
    } catch (error) {
      notify({ text: errorMessage(error) });
    }
  };
  return html`
    <div class="actions">
      <button type="button" class="icon favorite" aria-pressed=${photo.favorite} onClick=${toggleFavorite} aria-label="Favorite">
        ${photo.favorite ? "♥" : "♡"}
      </button>
      <button type="button" class="action" title="Download" onClick=${download}><${Icon} name="download" /><span>Download</span></button>
      <button type="button" class="action" title="Delete" onClick=${onRemove}><${Icon} name="trash" /><span>Delete</span></button>
    </div>
  `;
}
