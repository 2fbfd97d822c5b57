// The view of the trash: restore photos, or delete them for good.
import { lazy } from "../lazy.js";
import { TRASH_PATH } from "../links.js";

/** @import { View } from "../router.js" */

/** Its modules are loaded on demand, since the gallery is the first view. @type {View} */
export const trash = {
  path: /^\/trash$/,
  Component: lazy(async () => (await import("./trashview.js")).TrashView, ["gallery/selection.css"]),
  nav: { label: "Trash", path: TRASH_PATH },
};
