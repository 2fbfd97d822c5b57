// The views of the page. A new view is imported and listed here, and nowhere else.
import { account } from "./account.js";
import { gallery } from "./gallery/gallery.js";
import { trash } from "./gallery/trash.js";
import { workflow } from "./workflow/workflow.js";

/** @import { View } from "./router.js" */

/** The first view whose `path` matches is shown. @type {View[]} */
export const views = [gallery, trash, workflow, account];
