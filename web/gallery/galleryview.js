// The gallery: add photos, follow their uploads, browse and select them.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect } from "preact/hooks";
import { online } from "../client/pauses.js";
import { lazy } from "../lazy.js";
import { photoPath } from "../links.js";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { query, withQuery } from "../router.js";
import { userId } from "../session.js";
import { FileButton, useDrop } from "./adding.js";
import { parseFilter } from "./filter.js";
import { Count, FilterButton } from "./filterbar.js";
import { Grid } from "./grid.js";
import { library, trash } from "./photos.js";
import * as store from "./store.js";
import { months, readMonths } from "./timeline.js";
import { Toolbar } from "./toolbar.js";
import * as uploads from "./uploads.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Signal } from "@preact/signals" */
/** @import { Month } from "./blocks.js" */

// None is part of the first view.
const LibraryBar = lazy(async () => (await import("./librarybar.js")).LibraryBar, ["gallery/selection.css"], html`<div class="toolbar"></div>`);
const UploadPanel = lazy(async () => (await import("./uploadpanel.js")).UploadPanel, ["gallery/uploads.css"], null);
const Scrubber = lazy(async () => (await import("./scrubber.js")).Scrubber, ["gallery/scrubber.css"], null);
const FilterChips = lazy(async () => (await import("./filterchips.js")).FilterChips, [], html`<p class="count">…</p>`);
const NoMatch = lazy(async () => (await import("./filterchips.js")).NoMatch, [], null);
const Viewer = lazy(async () => (await import("./viewer.js")).Viewer, ["gallery/viewer.css"], null);

let following = new AbortController();

/** The first photos are shown before changes are requested. */
const FIRST_CHANGES_MS = 2000;

/** Resume uploads, read the timeline and follow changes, for the user who has signed in. */
export function start() {
  uploads.resume();
  void readMonths();
  void startFollowing();
}

/** Forget the user's data. */
export function stop() {
  following.abort();
  uploads.clear();
  library.reset();
  trash.reset();
  store.clear();
}

export const { signOutWarning } = uploads;

/** Follow changes. */
async function startFollowing() {
  following.abort();
  following = new AbortController();
  const { signal } = following;
  const user = userId.peek();
  await new Promise((resolve) => setTimeout(resolve, FIRST_CHANGES_MS));
  if (signal.aborted) return;
  try {
    await online(signal);
    const { follow } = await import("./follow.js");
    if (user !== null && !signal.aborted) await follow(user, signal);
  } catch (error) {
    if (!signal.aborted) notify({ text: `Changes made elsewhere are not shown. ${errorMessage(error)} Reload the page to try again.`, isKept: true });
  }
}

/** The timeline counts photos without a filter only. @type {Signal<Month[] | null>} */
const noMonths = signal(null);

/** @param {{ params: string[] }} props */
export function GalleryView({ params: [photoId] }) {
  const isDraggedOver = useDrop();
  const isFiltered = Object.keys(parseFilter(query.value)).length > 0;
  // The viewer's address keeps the filter, so that closing it shows the same photos.
  useLayoutEffect(() => library.show(parseFilter(query.value)), [query.value]);
  return html`
    <${Toolbar} listing=${library} Bar=${LibraryBar}>
      <h1>Photos</h1>
      <${FilterButton} />
      <${FileButton} isPrimary>Add photos<//>
      <${FileButton} isFolder>Add a folder<//>
    <//>
    ${isFiltered ? html`<${FilterChips} />` : html`<${Count} />`}
    <${Grid}
      listing=${library}
      label="Your photos"
      months=${isFiltered ? noMonths : months}
      hrefOf=${/** @param {ReadyPhoto} photo */ ({ photo_id }) => `#${withQuery(`${photoPath(photo_id)}?${query.value}`)}`}
      Empty=${isFiltered ? NoMatch : Empty}
      Aside=${isFiltered ? undefined : Scrubber}
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
