// Values that are read again at intervals.
import { useEffect, useState } from "preact/hooks";

export const LIST_INTERVAL_MS = 1000;
export const RUNNING_INTERVAL_MS = 300;
/** After a failed connection. */
const RETRY_INTERVAL_MS = 5000;

const NO_CONNECTION = "The server does not respond. The page tries again every 5 seconds.";
const OLD = "What is shown may be out of date.";

/** @typedef {{ message: string, isTrying: boolean, tryAgain: () => void }} PollingFailure */

/**
 * Read a value at intervals. After a failure, `value` stays. A failed connection is tried again; any other error ends the
 * polling until the user tries again.
 * @template T
 * @param {(key: string) => Promise<T>} read
 * @param {string} key
 * @param {(value: T) => number | null} intervalAfter in milliseconds; null ends the polling
 * @returns {{ value: T | null, failure: PollingFailure | null }}
 */
export function usePolling(read, key, intervalAfter) {
  const [value, setValue] = useState(/** @type {T | null} */ (null));
  const [message, setMessage] = useState(/** @type {string | null} */ (null));
  const [isTrying, setTrying] = useState(false);
  /** A change starts the polling again. */
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isStopped = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const poll = async () => {
      /** @type {number | null} */
      let interval = null;
      try {
        const next = await read(key);
        if (isStopped) return;
        setValue(() => next);
        setMessage(null);
        interval = intervalAfter(next);
      } catch (error) {
        if (isStopped) return;
        // fetch throws TypeError if the connection fails.
        const isConnectionLost = error instanceof TypeError;
        setMessage(isConnectionLost ? NO_CONNECTION : String(/** @type {Error} */ (error).message));
        if (isConnectionLost) interval = RETRY_INTERVAL_MS;
      }
      setTrying(false);
      if (interval !== null) timer = setTimeout(poll, interval);
    };
    void poll();
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  }, [key, attempt]);
  const tryAgain = () => {
    setTrying(true);
    setAttempt(attempt + 1);
  };
  const text = message !== null && value !== null ? `${message} ${OLD}` : message;
  return { value, failure: text === null ? null : { message: text, isTrying, tryAgain } };
}
