// The configuration of this deployment: `config.json`, which is served next to this module.

/**
 * All that differs between deployments.
 * @typedef {object} Config
 * @property {string} api_url without a slash at its end
 * @property {string} cognito_url
 * @property {string} client_id of the user pool
 * @property {number} trash_days the environment's knob: how long deleted photos stay in the trash
 * @property {boolean} self_sign_up the environment's knob: whether users create their own accounts
 * @property {"off" | "optional" | "required"} mfa the environment's knob: whether a sign-in takes a second factor
 * @property {string[]} [tile_previews] names of the presets that the tiles of a listing show; without it, listings have all previews
 * @property {string} [executions_url] serves the executions of the workflow; without it, there is no workflow view
 * @property {string} [username] prefilled in the sign-in form; only for a local stack
 * @property {string} [password]
 */

/** Those of the knobs, in `infrastructure/environment.py`. */
const DEFAULTS = { trash_days: 30, self_sign_up: false, mfa: "off" };

/** @type {Config} */
export const config = { ...DEFAULTS, ...(await (await fetch(new URL("config.json", import.meta.url))).json()) };
