// fetch with a token and retries.
import { MAX_ATTEMPTS, backOff, online, pause } from "./pauses.js";

/** @import { Session } from "./cognito.js" */

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
