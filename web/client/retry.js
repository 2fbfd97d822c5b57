// fetch with a token and retries, and the waits that uploads share.

/** @import { Session } from "./cognito.js" */

/** How often a request or an upload is sent before its failure is reported. */
export const MAX_ATTEMPTS = 6;
/** Six attempts wait 8 to 16 seconds in all. */
const FIRST_PAUSE_MS = 500;

/**
 * `fetch` with an ID token. It retries after a failed connection and after a response with `Retry-After`, and renews a
 * token that the API does not accept.
 * @param {Request} request @param {Session} session
 * @param {{ isRepeatable?: boolean }} [options] a request that is not repeatable is not sent again if its response is lost
 */
export async function fetchWithRetries(request, session, { isRepeatable = true } = {}) {
  let isRenewed = false;
  for (let failures = 0; ; failures++) {
    const isLast = failures === MAX_ATTEMPTS - 1;
    request.headers.set("Authorization", `Bearer ${await session.token()}`);
    let response;
    try {
      response = await fetch(request.clone());
    } catch (error) {
      if (isLast || request.signal.aborted || !isRepeatable) throw error;
      await backOff(failures);
      await online();
      continue;
    }
    const retryAfterSeconds = response.headers.get("Retry-After");
    if (response.status === 401 && !isRenewed) {
      isRenewed = true;
      await session.renew();
    } else if (retryAfterSeconds !== null && !isLast) {
      await pause(Number(retryAfterSeconds) * 1000);
    } else {
      return response;
    }
  }
}

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
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
