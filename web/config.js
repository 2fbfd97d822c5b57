// The configuration of this deployment: `config.json`, which is served next to `index.html`.

/**
 * All that differs between deployments.
 * @typedef {object} Config
 * @property {string} api_url without a slash at its end
 * @property {string} cognito_url
 * @property {string} client_id of the user pool
 * @property {string} [executions_url] serves the executions of the workflow; without it, there is no workflow view
 * @property {string} [username] prefilled in the sign-in form; only for a local stack
 * @property {string} [password]
 */

/** @type {Config} */
export const config = await (await fetch("config.json")).json();
