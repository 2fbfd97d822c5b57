import assert from "node:assert/strict";
import test, { afterEach, mock } from "node:test";
import { fetchWithRetries } from "../../../web/client/retry.js";
import { instantWaits } from "./waits.js";

const NOW = Date.parse("2026-08-03T07:00:00Z");
const LOST = new TypeError("fetch failed");

afterEach(() => mock.restoreAll());

const response = (status, headers = {}) => new Response(null, { status, headers });

/** Send a request to a server that gives these answers, the last one again and again. */
async function send(answers, { options, method = "GET", source = { token: async () => "token" }, signal = null } = {}) {
  const waits = instantWaits();
  mock.method(Date, "now", () => NOW);
  const sent = [];
  mock.method(globalThis, "fetch", async (request) => {
    sent.push(request.headers.get("Authorization"));
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    return answer();
  });
  const request = new Request("https://api.example/photos", { method, signal });
  const result = await fetchWithRetries(request, source, options).then(
    ({ status }) => status,
    (error) => error,
  );
  return { result, count: sent.length, waits, sent };
}

for (const status of [429, 502, 503, 504]) {
  test(`a ${status} is repeated with backoff`, async () => {
    const { result, waits } = await send([() => response(status), () => response(status), () => response(200)]);
    assert.deepEqual([result, waits], [200, [250, 500]]);
  });
}

for (const [value, milliseconds] of [
  ["2", 2000],
  ["0", 0],
  ["Mon, 03 Aug 2026 07:00:05 GMT", 5000],
  ["Mon, 03 Aug 2026 06:59:00 GMT", 0],
]) {
  test(`Retry-After: ${value} waits ${milliseconds} ms`, async () => {
    const { result, waits } = await send([() => response(409, { "Retry-After": value }), () => response(200)]);
    assert.deepEqual([result, waits], [200, [milliseconds]]);
  });
}

test("Retry-After has jitter, which never shortens it", async () => {
  const waits = instantWaits();
  mock.method(Math, "random", () => 1);
  const answers = [response(429, { "Retry-After": "2" }), response(200)];
  mock.method(globalThis, "fetch", async () => answers.shift());
  await fetchWithRetries(new Request("https://api.example/"), null);
  assert.deepEqual(waits, [2500]);
});

test("an invalid Retry-After is as none", async () => {
  const [throttled, refused] = [429, 409].map((status) => () => response(status, { "Retry-After": "soon" }));
  assert.deepEqual((await send([throttled, () => response(200)])).waits, [250]);
  assert.deepEqual((await send([refused])).result, 409);
});

test("a wait that is too long is left to the caller", async () => {
  const { result, count } = await send([() => response(503, { "Retry-After": "31" })]);
  assert.deepEqual([result, count], [503, 1]);
});

for (const status of [200, 400, 404, 409, 412, 500]) {
  test(`a ${status} without Retry-After is final`, async () => {
    const { result, count } = await send([() => response(status)]);
    assert.deepEqual([result, count], [status, 1]);
  });
}

test("attempts are bounded", async () => {
  const throttled = await send([() => response(429, { "Retry-After": "2" })]);
  assert.deepEqual([throttled.result, throttled.waits], [429, [2000, 2000, 2000, 2000, 2000]]);
  mock.restoreAll();
  const lost = await send([LOST]);
  assert.deepEqual([lost.result, lost.waits], [LOST, [250, 500, 1000, 2000, 4000]]);
});

test("a token that expires in the last attempt adds one", async () => {
  const throttled = Array.from({ length: 5 }, () => () => response(429));
  const source = { token: async () => "token", renew: async () => {} };
  const { result, count } = await send([...throttled, () => response(401), () => response(429)], { source });
  assert.deepEqual([result, count], [429, 7]);
});

test("a request that is not repeatable is repeated only if it was not performed", async () => {
  const options = { isRepeatable: false };
  const outcomes = [];
  for (const answer of [LOST, () => response(503), () => response(504, { "Retry-After": "2" }), () => response(429)]) {
    outcomes.push((await send([answer, () => response(204)], { options, method: "DELETE" })).result);
    mock.restoreAll();
  }
  assert.deepEqual(outcomes, [LOST, 503, 504, 204]);
});

test("a token that is not accepted is renewed once", async () => {
  const tokens = ["old", "new"];
  const source = { token: async () => tokens[0], renew: async () => tokens.shift() };
  const renewed = await send([() => response(401), () => response(200)], { source });
  assert.deepEqual([renewed.result, renewed.sent], [200, ["Bearer old", "Bearer new"]]);
  mock.restoreAll();
  const refused = await send([() => response(401)], { source: { token: async () => "bad", renew: async () => {} } });
  assert.deepEqual([refused.result, refused.count], [401, 2]);
  mock.restoreAll();
  assert.equal((await send([() => response(401)])).count, 1);
});

test("a route without a token sends none", async () => {
  assert.deepEqual((await send([() => response(200)], { source: null })).sent, [null]);
});

test("an aborted signal ends the wait", async () => {
  const abort = new AbortController();
  mock.method(globalThis, "fetch", async () => response(429, { "Retry-After": "30" }));
  const sending = fetchWithRetries(new Request("https://api.example/", { signal: abort.signal }), null);
  setImmediate(() => abort.abort(new Error("cancelled")));
  await assert.rejects(sending, { message: "cancelled" });
  assert.equal(fetch.mock.callCount(), 1);
});
