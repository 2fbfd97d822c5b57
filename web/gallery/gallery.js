// The view of the gallery. Its first paint needs few modules: a heading and the place of the photos.
import { html } from "htm/preact";
import { lazy } from "../lazy.js";
import { GALLERY_PATH } from "../links.js";
import { userId } from "../session.js";

/** @import { View } from "../router.js" */

/** @type {typeof import("./galleryview.js") | null} */
let loaded = null;

async function load() {
  return (loaded ??= await import("./galleryview.js"));
}

/** @type {View} */
export const gallery = {
  path: /^\/(?:photos\/([0-9a-f-]+))?$/,
  Component: lazy(async () => (await load()).GalleryView, [], html`<${Skeleton} />`),
  nav: { label: "Photos", path: GALLERY_PATH },
  onSignIn: () => void start(),
  signOutWarning: () => loaded?.signOutWarning() ?? "",
  onSignOut: () => loaded?.stop(),
};

async function start() {
  const user = userId.peek();
  try {
    const view = await load();
    if (userId.peek() === user) view.start();
  } catch {
    // The view says that it cannot be loaded.
  }
}

function Skeleton() {
  return html`
    <div class="toolbar"><h1>Photos</h1></div>
    <p class="visually-hidden" role="status">Loading …</p>
    <div class="gap skeleton"></div>
  `;
}
