// The waits between attempts, which requests, uploads and the renewal of tokens share.

/** How often a request or an upload is sent before its failure is reported. */
export const MAX_ATTEMPTS = 6;
/** Six attempts wait 8 to 16 seconds in all. */
const FIRST_PAUSE_MS = 500;

/** Wait until the browser reports a connection. @returns {Promise<void>} */
export function online() {
  if (navigator.onLine) return Promise.resolve();
  return new Promise((resolve) => addEventListener("online", () => resolve(), { once: true }));
}

/** Wait for an exponential backoff with jitter. @param {number} failures so far, from 0 */
export function backOff(failures) {
  return pause(FIRST_PAUSE_MS * 2 ** failures * (0.5 + Math.random() / 2));
}

/** @param {number} milliseconds @returns {Promise<void>} */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
