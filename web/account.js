// The view of the account: set up or remove the second factor.
import { lazy } from "./lazy.js";
import { ACCOUNT_PATH } from "./links.js";

/** @import { View } from "./router.js" */

/** Its modules are loaded on demand. The footer links to it. @type {View} */
export const account = {
  path: new RegExp(`^${ACCOUNT_PATH}$`),
  Component: lazy(async () => (await import("./accountview.js")).AccountView, []),
  isAvailable: ({ mfa }) => mfa === "optional",
};
