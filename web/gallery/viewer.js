// One photo in a dialog over the grid, with its information.
import { signal, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { displayName } from "../format.js";
import { photoPath } from "../links.js";
import { announce, noticesElement } from "../notices.js";
import { close, replace } from "../router.js";
import { Actions } from "./actions.js";
import { moveToTrash } from "./changes.js";
import { Details } from "./details.js";
import { useFullScreen } from "./fullscreen.js";
import { focusOn } from "./grid.js";
import { isReady, library } from "./photos.js";
import { hasAllPreviews } from "./previews.js";
import { Help, commandOf } from "./shortcuts.js";
import { Stage } from "./stage.js";
import { isListed, known } from "./store.js";
import { useReadAhead, useVersion } from "./version.js";
import { STEP } from "./zoom.js";
import { useZoom } from "./zoomstate.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { PhotoVersion } from "./photos.js" */
/** @import { Command } from "./shortcuts.js" */
/** @import { ZoomState } from "./zoomstate.js" */

/** Kept from one photo to the next. A phone has no room for the information next to the picture. */
const isPanelOpen = signal(matchMedia("(min-width: 701px)").matches);
/** How far an arrow key moves a zoomed picture. @type {Record<string, { x: number, y: number }>} */
const PANS = {
  ArrowLeft: { x: 80, y: 0 },
  ArrowRight: { x: -80, y: 0 },
  ArrowUp: { x: 0, y: 80 },
  ArrowDown: { x: 0, y: -80 },
};

/** IDs of photos whose deletion is in progress: none of them is shown next. @type {Set<string>} */
const leaving = new Set();

/** @param {{ photoId: string }} props */
export function Viewer({ photoId }) {
  const { version, problem } = useVersion(photoId);
  const photo = known.value.get(photoId) ?? version.value?.photo;
  const { extent, newer, older } = neighboursOf(photo);
  const ready = photo && isReady(photo) ? photo : undefined;
  const isRead = version.value?.photo.photo_id === photoId;
  useReadAhead(isRead, [older, newer]);
  const name = photo ? displayName(photo) : problem.value ? "Photo not available" : "Loading …";

  const dialog = useDialog(photoId);
  const fullScreen = useFullScreen();
  const zoomState = useZoom(photoId, ready ?? { width: 1, height: 1 });
  const isEditing = useSignal(false);
  const isHelpOpen = useSignal(false);
  useLayoutEffect(() => {
    isEditing.value = false;
  }, [photoId]);
  useEffect(() => {
    if (extent && older === undefined) void library.extend(extent, "down");
    else if (extent && newer === undefined) void library.extend(extent, "up");
  }, [older, newer, extent, library.isLoading.value]);
  useLayoutEffect(() => {
    if (photo) announce(name);
    document.title = photo ? `${name} – PhotoSky` : "PhotoSky";
    return () => (document.title = "PhotoSky");
  }, [photo && name]);

  /** @param {ReadyPhoto | undefined} other */
  const show = (other) => other && replace(photoPath(other.photo_id));
  const togglePanel = () => (isPanelOpen.value = !isPanelOpen.value);
  const toggleHelp = () => (isHelpOpen.value = !isHelpOpen.value);
  const edit = () => {
    isPanelOpen.value = true;
    isEditing.value = true;
  };
  /** @type {Record<Command, () => unknown>} */
  const commands = {
    newer: () => show(newer),
    older: () => show(older),
    zoomIn: () => zoomState.zoomBy(STEP),
    zoomOut: () => zoomState.zoomBy(1 / STEP),
    whole: zoomState.reset,
    favorite: () => /** @type {HTMLElement | null | undefined} */ (dialog.current?.querySelector(".favorite"))?.click(),
    information: togglePanel,
    edit,
    fullScreen: () => fullScreen.toggle?.(),
    help: toggleHelp,
  };
  useKeys((event) => {
    const command = isHelpOpen.value ? undefined : commandOf(event);
    if (!ready || panWith(event.key, event, zoomState) || !command) return;
    event.preventDefault();
    commands[command]();
  });
  /** @param {"older" | "newer" | "close"} direction */
  const onSwipe = (direction) => {
    if (direction === "close") close();
    else commands[direction]();
  };
  const onRemove = () => {
    leaving.add(photoId);
    void moveToTrash([/** @type {ReadyPhoto} */ (ready)]).finally(() => leaving.delete(photoId));
    const next = older ?? newer;
    if (next) show(next);
    else close();
  };
  /** @param {Event} event */
  const onCancel = (event) => {
    event.preventDefault();
    close();
  };

  return html`
    <dialog ref=${dialog} class="viewer" aria-labelledby="photo-name" onCancel=${onCancel}>
      <div ref=${fullScreen.element} class="content">
        <div class="bar">
          <button type="button" class="icon" onClick=${close} aria-label="Close">✕</button>
          <h2 id="photo-name">${name}</h2>
          ${ready && html`<${Actions} photo=${ready} version=${version} onRemove=${onRemove} />`}
          ${ready &&
          html`<button type="button" class="icon" onClick=${togglePanel} aria-pressed=${isPanelOpen.value} aria-label="Information"><b aria-hidden="true">i</b></button>`}
        </div>
        <${Stage} photo=${photo} hasAllPreviews=${isRead || (ready !== undefined && hasAllPreviews(ready))} problem=${problem.value} newer=${newer} older=${older} zoomState=${zoomState} onSwipe=${onSwipe}>
          ${fullScreen.toggle &&
          html`<button type="button" class="icon" aria-pressed=${fullScreen.isFull.value} onClick=${fullScreen.toggle} aria-label="Full screen">
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4" /></svg>
          </button>`}
          <button type="button" class="icon help-button" onClick=${toggleHelp} aria-label="Keyboard shortcuts">?</button>
        <//>
        ${ready &&
        isPanelOpen.value &&
        html`<${Details} key=${photoId} photo=${ready} version=${version} isEditing=${isEditing} onClose=${togglePanel} />`}
        ${isHelpOpen.value && html`<${Help} onClose=${() => (isHelpOpen.value = false)} />`}
      </div>
    </dialog>
  `;
}

/**
 * The photos before and after a photo, also of one that an edit or a change elsewhere has moved out of the listing.
 * @param {PhotoVersion["photo"] | undefined} photo
 */
function neighboursOf(photo) {
  return photo && isListed(photo) ? library.neighbours(photo, leaving) : { extent: undefined, newer: undefined, older: undefined };
}

/**
 * Handle keys wherever the focus is: it leaves the dialog when the button that has it is removed.
 * @param {(event: KeyboardEvent) => void} handler
 */
function useKeys(handler) {
  const current = useRef(handler);
  current.current = handler;
  useLayoutEffect(() => {
    /** @param {KeyboardEvent} event */
    const onKeyDown = (event) => current.current(event);
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

/** Move a zoomed picture by an arrow key. Returns whether it did. @param {string} key @param {KeyboardEvent} event @param {ZoomState} zoomState */
function panWith(key, event, { isZoomed, panBy }) {
  const by = PANS[key];
  if (!by || !isZoomed.peek() || (event.target instanceof Element && event.target.closest("input, textarea, .details"))) return false;
  event.preventDefault();
  panBy(by);
  return true;
}

/**
 * The dialog's element. It takes the notices in while it is open. When it closes, the focus moves to the shown photo.
 * @param {string} photoId
 */
function useDialog(photoId) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const focusId = useRef(photoId);
  focusId.current = photoId;
  // As in `useModal`, a layout effect.
  useLayoutEffect(() => {
    const element = /** @type {HTMLDialogElement} */ (dialog.current);
    element.showModal();
    element.firstElementChild?.append(noticesElement);
    return () => {
      document.body.append(noticesElement);
      element.close();
      focusOn(focusId.current);
    };
  }, []);
  return dialog;
}
