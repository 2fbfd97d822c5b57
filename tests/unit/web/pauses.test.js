import assert from "node:assert/strict";
import test, { afterEach, mock } from "node:test";
import { backOff, online, pause, wait } from "../../../web/client/pauses.js";
import { instantWaits } from "./waits.js";

afterEach(() => mock.restoreAll());

test("the backoff doubles, with jitter up to twice the minimum", async () => {
  const waits = instantWaits();
  for (let failures = 0; failures < 5; failures++) await backOff(failures);
  mock.method(Math, "random", () => 1);
  await backOff(0);
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 500]);
});

test("an aborted signal ends a pause, and one that was aborted before prevents it", async () => {
  const abort = new AbortController();
  const paused = pause(3_600_000, abort.signal);
  abort.abort(new Error("cancelled"));
  await assert.rejects(paused, { message: "cancelled" });
  await assert.rejects(pause(3_600_000, abort.signal), { message: "cancelled" });
});

test("an event ends a wait", async () => {
  const target = new EventTarget();
  const waiting = wait({ milliseconds: 3_600_000, target, event: "go" });
  target.dispatchEvent(new Event("go"));
  await waiting;
});

test("a browser without a connection waits for its event", async () => {
  const events = new EventTarget();
  let isOnline = false;
  Object.defineProperty(navigator, "onLine", { get: () => isOnline, configurable: true });
  globalThis.addEventListener = events.addEventListener.bind(events);
  const steps = [];
  const waiting = online().then(() => steps.push("online"));
  await new Promise((resolve) => setImmediate(resolve));
  steps.push("event");
  isOnline = true;
  events.dispatchEvent(new Event("online"));
  await waiting;
  assert.deepEqual(steps, ["event", "online"]);
  delete navigator.onLine;
});

test("a runtime that reports no connection counts as online", () => online());
