import assert from "node:assert/strict";
import test, { afterEach, mock } from "node:test";
import { MemoryStore } from "../../../web/client/memorystore.js";
import { sync } from "../../../web/client/sync.js";
import { Changes, photo, problem } from "./changes.js";
import { instantWaits } from "./waits.js";

afterEach(() => mock.restoreAll());

/** Follow the changes for a number of requests. Returns the effects, and the waits in milliseconds. */
async function follow(client, store, requestCount, options = {}) {
  const waits = instantWaits();
  const abort = new AbortController();
  const effects = [];
  const end = client.requests.length + requestCount;
  const counting = {
    changes: async (query, options) => {
      if (client.requests.length === end) abort.abort();
      return client.changes(query, options);
    },
  };
  await sync({ client: counting, store, signal: abort.signal, onChange: (effect) => effects.push(effect), ...options });
  mock.restoreAll();
  return { effects, waits };
}

const titles = async (store) => Object.fromEntries((await store.photos()).map(({ photo_id, title }) => [photo_id, title]));

test("all pages are applied, and then each interval", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  client.upsert(photo("a"), photo("b"), photo("c", "sea"));
  const { effects, waits } = await follow(client, store, 3);
  assert.deepEqual(await titles(store), { a: null, b: null, c: "sea" });
  assert.deepEqual(effects, [
    { upserted: [photo("a"), photo("b")], deleted: [] },
    { upserted: [photo("c", "sea")], deleted: [] },
  ]);
  assert.deepEqual([client.requests, waits], [[[undefined, 100], ["2", 100], ["3", 100]], [5000, 5000]]);
});

test("a new run goes on where the store stopped", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  client.upsert(photo("a"), photo("b"), photo("c"));
  await follow(client, store, 1);
  client.remove("a");
  client.upsert(photo("b", "sea"));
  await follow(client, store, 2);
  assert.deepEqual(client.requests, [[undefined, 100], ["2", 100], ["4", 100]]);
  assert.deepEqual(await titles(store), { b: "sea", c: null });
});

test("from now on, earlier photos are not requested", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  client.upsert(photo("a"), photo("b"), photo("c"));
  await follow(client, store, 1, { start: "now" });
  client.upsert(photo("d"));
  await follow(client, store, 1, { start: "now" });
  assert.deepEqual(client.requests, [["now", 100], ["3", 100]]);
  assert.deepEqual(await titles(store), { d: null });
});

test("each request has the chosen previews", async () => {
  const queries = [];
  class Recording extends Changes {
    changes(query, options) {
      queries.push(query);
      return super.changes(query, options);
    }
  }
  const client = new Recording();
  client.upsert(photo("a"), photo("b"), photo("c"));
  await follow(client, new MemoryStore(), 2, { previews: ["small"] });
  assert.deepEqual(queries.slice(0, 2), [
    { limit: 100, previews: ["small"] },
    { limit: 100, previews: ["small"], cursor: "2" },
  ]);
});

test("repeated changes have no effect", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  Object.assign(client, { overlap: 10, pageSize: 10 });
  client.upsert(photo("a"), photo("b"));
  client.remove("a");
  await follow(client, store, 1);
  assert.deepEqual((await follow(client, store, 2)).effects, []);
  client.upsert(photo("b", "sea"));
  assert.deepEqual((await follow(client, store, 1)).effects, [{ upserted: [photo("b", "sea")], deleted: [] }]);
});

test("an expired cursor starts again, and drops what is not reported at its end", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  client.upsert(photo("gone"), photo("a"), photo("b"));
  await follow(client, store, 2);
  client.remove("gone");
  client.expire(photo("a"), photo("b", "sea"), photo("c"));
  await follow(client, store, 2);
  assert.deepEqual(await titles(store), { gone: null, a: null, b: "sea" });
  const { effects } = await follow(client, store, 1);
  assert.deepEqual(effects, [{ upserted: [photo("c")], deleted: ["gone"] }]);
  assert.deepEqual(await titles(store), { a: null, b: "sea", c: null });
});

test("failures of the connection and of the API are waited out", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  client.upsert(photo("a"));
  client.failures = [new TypeError("fetch failed"), problem("InternalError", 500), problem("TooManyRequests", 429)];
  const { waits } = await follow(client, store, 4);
  assert.deepEqual([await titles(store), waits], [{ a: null }, [250, 500, 1000, 5000]]);
});

test("the backoff is bounded", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  client.failures = Array.from({ length: 12 }, () => new TypeError("fetch failed"));
  assert.deepEqual((await follow(client, store, 12)).waits.slice(-3), [32_000, 32_000, 32_000]);
});

for (const error of [problem("Unauthorized", 401), problem("InvalidRequest", 400), problem("CursorExpired", 410)]) {
  test(`${error.code} at the beginning ends it`, async () => {
    const client = new Changes();
    client.failures = [error];
    await assert.rejects(follow(client, new MemoryStore(), 2), error);
  });
}

test("an error of onChange ends it", async () => {
  const client = new Changes();
  client.upsert(photo("a"));
  const onChange = async () => {
    throw new TypeError("a defect");
  };
  const { signal } = new AbortController();
  await assert.rejects(sync({ client, store: new MemoryStore(), signal, onChange }), { message: "a defect" });
});

test("an aborted signal ends a wait", async () => {
  const abort = new AbortController();
  const running = sync({ client: new Changes(), store: new MemoryStore(), signal: abort.signal, intervalMs: 3_600_000 });
  setImmediate(() => abort.abort());
  assert.equal(await running, undefined);
});

test("two instances with one store lose no change", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  client.pageSize = 1;
  // The first request of one instance ends after the other one has applied all changes.
  let release;
  const held = new Promise((resolve) => (release = resolve));
  client.upsert(photo("a", "old"));
  const slow = {
    changes: async (query, options) => {
      const page = await client.changes(query, options);
      await held;
      return page;
    },
  };
  const abort = new AbortController();
  const slowly = sync({ client: slow, store, signal: abort.signal, intervalMs: 3_600_000 });
  client.upsert(photo("a", "new"), photo("b"));
  await follow(client, store, 3);
  release();
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await slowly;
  assert.deepEqual([await titles(store), (await store.load()).cursor], [{ a: "new", b: null }, "3"]);
});

test("changes of other instances are reported until it ends", async () => {
  const store = new MemoryStore();
  let notify;
  let watched;
  store.watch = (listener, signal) => ([notify, watched] = [listener, signal]);
  const abort = new AbortController();
  const effects = [];
  const onChange = (effect) => effects.push(effect);
  const running = sync({ client: new Changes(), store, signal: abort.signal, onChange, intervalMs: 3_600_000 });
  notify({ upserted: [], deleted: ["a"] });
  abort.abort();
  await running;
  assert.deepEqual([effects, watched.aborted], [[{ upserted: [], deleted: ["a"] }], true]);
});

test("a hidden page waits longer, but not once it is shown", async () => {
  const [client, store] = [new Changes(), new MemoryStore()];
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: "hidden" });
  assert.deepEqual((await follow(client, store, 1)).waits, [60_000]);
  const abort = new AbortController();
  const requests = client.requests.length;
  const running = sync({ client, store, signal: abort.signal });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(client.requests.length, requests + 1);
  document.visibilityState = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(client.requests.length, requests + 2);
  abort.abort();
  await running;
  delete globalThis.document;
});
