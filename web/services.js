// What there is one of: the configuration, the session, and the API's client.
import { signal } from "@preact/signals";
import { PhotoSky } from "./client/api.js";
import { Session } from "./client/cognito.js";

/**
 * The only thing that differs between deployments.
 * @typedef {object} Config
 * @property {string} api_url
 * @property {string} cognito_url
 * @property {string} client_id
 * @property {string} [executions_url] where the workflow's executions are told, where they are
 * @property {string} [username] prefilled, where the stack runs on this machine
 * @property {string} [password]
 */

/** @type {Config} */
export const config = await (await fetch("config.json")).json();

export const session = new Session(config.cognito_url, config.client_id, () => (signedIn.value = false));
export const signedIn = signal(session.isSignedIn);
export const api = new PhotoSky(config.api_url, session);
