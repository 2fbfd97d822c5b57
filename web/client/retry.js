// fetch with a token and retries: the one place that decides which requests are sent again.
import { MAX_ATTEMPTS, backOff, online, pause } from "./pauses.js";

/**
 * Where the token of a user comes from, such as `Session` in `cognito.js`.
 * @typedef {object} TokenSource
 * @property {() => Promise<string>} token an ID token
 * @property {() => Promise<unknown>} [renew] called once per request if the API does not accept the token
 */

/** Throttled, or not answered by the API itself: another attempt can succeed. */
const RETRYABLE_STATUSES = [429, 502, 503, 504];
/** A response that asks for a longer wait is returned instead, so that the caller decides. */
const MAX_RETRY_AFTER_MS = 30_000;

/**
 * `fetch` with an ID token. It sends a request again after a failed connection, after a status of `RETRYABLE_STATUSES`, and
 * after any other failure that has `Retry-After`; and with a new token after a 401. The request's signal also ends waits.
 * @param {Request} request @param {TokenSource | null} source null for a route that needs no token
 * @param {{ isRepeatable?: boolean }} [options] a request that is not repeatable is not sent again if it may have been
 * performed: after a failed connection, or a status from 500
 */
export async function fetchWithRetries(request, source, { isRepeatable = true } = {}) {
  let isRenewed = false;
  for (let failures = 0; ; failures++) {
    const isLast = failures >= MAX_ATTEMPTS - 1;
    if (source) request.headers.set("Authorization", `Bearer ${await source.token()}`);
    let response;
    try {
      response = await fetch(request.clone());
    } catch (error) {
      if (isLast || request.signal.aborted || !isRepeatable) throw error;
      await backOff(failures, request.signal);
      await online(request.signal);
      continue;
    }
    if (response.status === 401 && source?.renew && !isRenewed) {
      isRenewed = true;
      await source.renew();
    } else if (isLast || !isWorthAnother(response, isRepeatable)) {
      return response;
    } else {
      const retryAfterMs = retryAfter(response);
      if (retryAfterMs === null) await backOff(failures, request.signal);
      // Never earlier than requested; the jitter separates clients that were throttled together.
      else await pause(retryAfterMs * (1 + Math.random() / 4), request.signal);
    }
  }
}

/** @param {Response} response @param {boolean} isRepeatable */
function isWorthAnother(response, isRepeatable) {
  if (response.ok || (response.status >= 500 && !isRepeatable)) return false;
  const retryAfterMs = retryAfter(response);
  return retryAfterMs === null ? RETRYABLE_STATUSES.includes(response.status) : retryAfterMs <= MAX_RETRY_AFTER_MS;
}

/** `Retry-After` in milliseconds, from seconds or a date (RFC 9110, section 10.2.3); null without a valid one. @param {Response} response */
function retryAfter({ headers }) {
  const value = headers.get("Retry-After") ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : Math.max(0, time - Date.now());
}
