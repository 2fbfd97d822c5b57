// One photo, large, in a dialog over the grid.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Problem } from "../client/api.js";
import { Details } from "./details.js";
import { focusOn } from "./grid.js";
import { announce, tell } from "../notices.js";
import { complete, edit, isReady, more, photos, read, refresh, remove } from "./photos.js";
import { placeholder, renditions, srcset } from "./picture.js";
import { close, replace } from "../router.js";
import { api } from "../services.js";
import { nameOf, reason } from "../words.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Photo, ReadyPhoto } from "../client/contract.js" */
/** @import { Answer } from "./details.js" */

/** Photos are shown no larger than they are, unless they are so small that nothing is to be seen. */
const SMALLEST_PX = 256;

/** @param {{ photoId: string }} props */
export function Viewer({ photoId }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  /** What the API answered: the photo in any status, and its version. */
  const answer = useSignal(/** @type {Answer | null} */ (null));
  const problem = useSignal("");
  const index = photos.value.findIndex(({ photo_id }) => photo_id === photoId);
  const photo = photos.value[index] ?? answer.value?.photo;
  const before = photos.value[index - 1];
  const after = index >= 0 ? photos.value[index + 1] : undefined;

  /** Which photo of the grid gets the focus in the end. */
  const returnTo = useRef(photoId);
  useEffect(() => {
    const element = /** @type {HTMLDialogElement} */ (dialog.current);
    element.showModal();
    return () => {
      element.close();
      focusOn(returnTo.current);
    };
  }, []);
  useEffect(() => {
    let isCurrent = true;
    returnTo.current = photoId;
    answer.value = null;
    problem.value = "";
    read(photoId).then(
      (found) => isCurrent && (answer.value = found),
      (error) => isCurrent && (problem.value = reason(error)),
    );
    return () => (isCurrent = false);
  }, [photoId]);
  useEffect(() => {
    if (index >= 0 && after === undefined) void more();
  }, [after, complete.value]);
  useEffect(() => {
    if (photo) announce(nameOf(photo));
    document.title = photo ? `${nameOf(photo)} – PhotoSky` : "PhotoSky";
    return () => (document.title = "PhotoSky");
  }, [photo && nameOf(photo)]);

  /** @param {ReadyPhoto | undefined} other */
  const show = (other) => other && replace(`/photos/${other.photo_id}`);
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.target instanceof Element && event.target.closest("input, textarea")) return;
    if (event.key === "ArrowLeft") show(before);
    if (event.key === "ArrowRight") show(after);
  };
  /** @param {Event} event */
  const onCancel = (event) => {
    event.preventDefault();
    close();
  };

  const onRemove = () => {
    const neighbour = after ?? before;
    if (neighbour) returnTo.current = neighbour.photo_id;
    remove(/** @type {ReadyPhoto} */ (photo));
    close();
  };

  return html`
    <dialog ref=${dialog} class="viewer" aria-labelledby="photo-name" onCancel=${onCancel} onKeyDown=${onKeyDown}>
      <div class="bar">
        <button type="button" class="icon" onClick=${close} aria-label="Close">✕</button>
        <h2 id="photo-name">${photo ? nameOf(photo) : problem.value ? "No photo" : "Loading …"}</h2>
        ${photo && isReady(photo) && html`<${Actions} photo=${photo} answer=${answer} onRemove=${onRemove} />`}
      </div>
      <div class="stage">
        ${photo && isReady(photo) && html`<${Picture} key=${photoId} photo=${photo} />`}
        ${photo && !isReady(photo) && html`<p class="sorry">${whyNotReady(photo)}</p>`}
        ${problem.value && html`<p class="sorry" role="alert">${problem}</p>`}
        <button type="button" class="icon before" disabled=${!before} onClick=${() => show(before)} aria-label="Newer photo">‹</button>
        <button type="button" class="icon after" disabled=${!after} onClick=${() => show(after)} aria-label="Older photo">›</button>
      </div>
      ${photo && isReady(photo) && answer.value && html`<${Details} key=${photoId} photo=${photo} answer=${answer} />`}
    </dialog>
  `;
}

/** @param {{ photo: ReadyPhoto, answer: Signal<Answer | null>, onRemove: () => void }} props */
function Actions({ photo, answer, onRemove }) {
  const toggle = async () => {
    const changes = { favorite: !photo.favorite };
    try {
      answer.value = await edit(photo.photo_id, changes, answer.peek()?.etag);
    } catch (error) {
      if (!(error instanceof Problem && error.code === "PreconditionFailed")) return tell({ text: reason(error) });
      // Whatever else was changed: it stays a favorite or not. The form still has the version that it shows.
      await edit(photo.photo_id, changes).catch((again) => tell({ text: reason(again) }));
    }
  };
  const download = async () => {
    try {
      const link = document.createElement("a");
      link.href = await api.original(photo.photo_id);
      link.download = photo.filename;
      link.click();
    } catch (error) {
      tell({ text: reason(error) });
    }
  };
  return html`
    <div class="actions">
      <button type="button" class="icon favorite" aria-pressed=${photo.favorite} onClick=${toggle} aria-label="Favorite">
        ${photo.favorite ? "♥" : "♡"}
      </button>
      <button type="button" onClick=${download}>Download</button>
      <button type="button" onClick=${onRemove}>Delete</button>
    </div>
  `;
}

/** @param {{ photo: ReadyPhoto }} props */
function Picture({ photo }) {
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const space = useSignal({ width: 0, height: 0 });
  const isLoaded = useSignal(false);
  useLayoutEffect(() => {
    const resized = new ResizeObserver(([entry]) => entry && (space.value = entry.contentRect));
    resized.observe(/** @type {HTMLDivElement} */ (frame.current));
    return () => resized.disconnect();
  }, []);
  const fits = Math.min(space.value.width / photo.width, space.value.height / photo.height);
  const scale = Math.min(fits, Math.max(1, SMALLEST_PX / Math.max(photo.width, photo.height)));
  const width = photo.width * scale;
  const backgroundImage = isLoaded.value ? "none" : `url(${placeholder(photo.placeholder)})`;
  return html`
    <div class="frame" ref=${frame}>
      ${scale > 0 &&
      html`<img
        style=${{ width: `${width}px`, height: `${photo.height * scale}px`, backgroundImage }}
        src=${renditions(photo).at(-1)?.url}
        srcset=${srcset(photo)}
        sizes=${`${Math.ceil(width)}px`}
        alt=${nameOf(photo)}
        onLoad=${() => (isLoaded.value = true)}
        onError=${() => refresh(photo.photo_id)}
      />`}
    </div>
  `;
}

/** @param {Photo} photo */
function whyNotReady({ status, rejection }) {
  if (rejection) return `This upload was refused. ${rejection.detail}`;
  if (status === "awaiting_upload") return "This photo's bytes have not arrived.";
  if (status === "processing") return "This photo is being worked on.";
  return "This photo is gone.";
}
