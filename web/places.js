// The places of the page. A module that adds one exports a Place; it is named here, and nowhere else.
import { gallery } from "./gallery/gallery.js";
import { trace } from "./workflow/trace.js";

/** @import { ComponentType } from "preact" */
/** @import { Config } from "./services.js" */

/**
 * @typedef {object} Place
 * @property {RegExp} path which paths of the router it shows; its groups become the View's `params`
 * @property {ComponentType<{ params: string[] }>} View shown inside `<main>`
 * @property {{ label: string, path: string }} [nav] an entry in the header
 * @property {AboutPhoto} [aboutPhoto] a link beside each photo and each upload that has become one, or was refused
 * @property {(config: Config) => boolean} [isAvailable] whether this deployment has what it needs; always without it
 */

/**
 * @typedef {object} AboutPhoto
 * @property {string} label
 * @property {(photoId: string, requestId?: string) => string} path `requestId` names the ingest, where it is known
 */

/** The first whose `path` matches is shown. @type {Place[]} */
export const places = [gallery, trace];
