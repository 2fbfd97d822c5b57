// One photo in a dialog over the grid, with its details.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { displayName } from "../format.js";
import { photoPath } from "../links.js";
import { errorMessage } from "../messages.js";
import { announce } from "../notices.js";
import { close, replace } from "../router.js";
import { Actions } from "./actions.js";
import { moveToTrash } from "./changes.js";
import { Details } from "./details.js";
import { focusOn } from "./grid.js";
import { isComplete, isReady, loadMore, photos, read } from "./photos.js";
import { Stage } from "./stage.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */

/** @param {{ photoId: string }} props */
export function Viewer({ photoId }) {
  const { version, problem } = useVersion(photoId);
  const index = photos.value.findIndex(({ photo_id }) => photo_id === photoId);
  const photo = photos.value[index] ?? version.value?.photo;
  const newer = photos.value[index - 1];
  const older = index >= 0 ? photos.value[index + 1] : undefined;
  const { dialog, focusAfterwards } = useDialog(photoId);

  useEffect(() => {
    if (index >= 0 && older === undefined) void loadMore();
  }, [older, isComplete.value]);
  useEffect(() => {
    if (photo) announce(displayName(photo));
    document.title = photo ? `${displayName(photo)} – PhotoSky` : "PhotoSky";
    return () => (document.title = "PhotoSky");
  }, [photo && displayName(photo)]);

  /** @param {ReadyPhoto | undefined} other */
  const show = (other) => other && replace(photoPath(other.photo_id));
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.target instanceof Element && event.target.closest("input, textarea")) return;
    if (event.key === "ArrowLeft") show(newer);
    if (event.key === "ArrowRight") show(older);
  };
  /** @param {Event} event */
  const onCancel = (event) => {
    event.preventDefault();
    close();
  };
  const onRemove = () => {
    const neighbour = older ?? newer;
    if (neighbour) focusAfterwards(neighbour.photo_id);
    void moveToTrash([/** @type {ReadyPhoto} */ (photo)]);
    close();
  };

  return html`
    <dialog ref=${dialog} class="viewer" aria-labelledby="photo-name" onCancel=${onCancel} onKeyDown=${onKeyDown}>
      <div class="bar">
        <button type="button" class="icon" onClick=${close} aria-label="Close">✕</button>
        <h2 id="photo-name">${photo ? displayName(photo) : problem.value ? "Photo not available" : "Loading …"}</h2>
        ${photo && isReady(photo) && html`<${Actions} photo=${photo} version=${version} onRemove=${onRemove} />`}
      </div>
      <${Stage} photo=${photo} problem=${problem.value} newer=${newer} older=${older} show=${show} />
      ${photo && isReady(photo) && version.value && html`<${Details} key=${photoId} photo=${photo} version=${version} />`}
    </dialog>
  `;
}

/** The current version of a photo in any status, or why it cannot be read. @param {string} photoId */
function useVersion(photoId) {
  const version = useSignal(/** @type {PhotoVersion | null} */ (null));
  const problem = useSignal("");
  useEffect(() => {
    let isCurrent = true;
    version.value = null;
    problem.value = "";
    read(photoId).then(
      (found) => isCurrent && (version.value = found),
      (error) => isCurrent && (problem.value = errorMessage(error)),
    );
    return () => (isCurrent = false);
  }, [photoId]);
  return { version, problem };
}

/** The dialog's element. When it closes, the focus moves to the shown photo, or to the one that is set. @param {string} photoId */
function useDialog(photoId) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const focusId = useRef(photoId);
  useEffect(() => {
    const element = /** @type {HTMLDialogElement} */ (dialog.current);
    element.showModal();
    return () => {
      element.close();
      focusOn(focusId.current);
    };
  }, []);
  useEffect(() => {
    focusId.current = photoId;
  }, [photoId]);
  /** @param {string} id */
  const focusAfterwards = (id) => (focusId.current = id);
  return { dialog, focusAfterwards };
}
