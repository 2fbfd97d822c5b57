// Values that are read again at intervals.
import { useEffect, useState } from "preact/hooks";

export const LIST_INTERVAL_MS = 1000;
export const RUNNING_INTERVAL_MS = 300;

/**
 * Read a value at intervals. After a failed connection, `value` stays and `failure` is set until a retry succeeds; any
 * other error ends the polling.
 * @template T
 * @param {(key: string) => Promise<T>} read
 * @param {string} key
 * @param {(value: T) => number | null} intervalAfter in milliseconds; null ends the polling
 * @returns {{ value: T | null, failure: string | null }}
 */
export function usePolling(read, key, intervalAfter) {
  const [value, setValue] = useState(/** @type {T | null} */ (null));
  const [failure, setFailure] = useState(/** @type {string | null} */ (null));
  useEffect(() => {
    let isStopped = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const poll = async () => {
      /** @type {number | null} */
      let interval = LIST_INTERVAL_MS;
      try {
        const next = await read(key);
        if (isStopped) return;
        setValue(() => next);
        setFailure(null);
        interval = intervalAfter(next);
      } catch (error) {
        if (isStopped) return;
        // fetch throws TypeError if the connection fails.
        const isConnectionLost = error instanceof TypeError;
        setFailure(isConnectionLost ? "The server does not respond. Retrying …" : String(/** @type {Error} */ (error).message));
        if (!isConnectionLost) return;
      }
      if (interval !== null) timer = setTimeout(poll, interval);
    };
    void poll();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [key]);
  return { value, failure };
}
