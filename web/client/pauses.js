// The waits between attempts, which requests, uploads and the following of changes share.

/** How often a request or an upload is sent before its failure is reported. */
export const MAX_ATTEMPTS = 6;
/** Six attempts wait 8 to 16 seconds in all. */
const FIRST_PAUSE_MS = 500;

/** Wait until the browser reports a connection. Node.js reports none, and is taken as online. @param {AbortSignal} [signal] */
export async function online(signal) {
  while (globalThis.navigator?.onLine === false) await wait({ target: globalThis, event: "online", signal });
}

/** Wait for an exponential backoff with jitter. @param {number} failures so far, from 0 @param {AbortSignal} [signal] */
export function backOff(failures, signal) {
  return pause(FIRST_PAUSE_MS * 2 ** failures * (0.5 + Math.random() / 2), signal);
}

/** @param {number} milliseconds @param {AbortSignal} [signal] */
export function pause(milliseconds, signal) {
  return wait({ milliseconds, signal });
}

/**
 * Wait for a time or for an event, whichever is first. Rejects with the signal's reason when it is aborted.
 * @param {{ milliseconds?: number, target?: EventTarget, event?: string, signal?: AbortSignal | undefined }} end
 * @returns {Promise<void>}
 */
export function wait({ milliseconds, target, event = "", signal }) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const listening = new AbortController();
    /** @param {() => void} settle */
    const finish = (settle) => {
      clearTimeout(timer);
      listening.abort();
      settle();
    };
    const timer = milliseconds === undefined ? undefined : setTimeout(() => finish(resolve), milliseconds);
    target?.addEventListener(event, () => finish(resolve), { signal: listening.signal });
    signal?.addEventListener("abort", () => finish(() => reject(signal.reason)), { signal: listening.signal });
  });
}
