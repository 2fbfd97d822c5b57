// Waits that take no time: the tests assert how long they were.
import { mock } from "node:test";

/** Replace `setTimeout`. Returns the waits in milliseconds, to which each new one is added. */
export function instantWaits() {
  const waits = [];
  mock.method(globalThis, "setTimeout", (callback, milliseconds) => {
    waits.push(milliseconds);
    return setImmediate(callback);
  });
  mock.method(globalThis, "clearTimeout", clearImmediate);
  mock.method(Math, "random", () => 0);
  return waits;
}
