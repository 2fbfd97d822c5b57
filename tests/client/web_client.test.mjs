// The routes of web/client as requests: run by tests/local/test_web_client.py, where openapi-fetch is installed.
import assert from "node:assert/strict";
import test, { afterEach, mock } from "node:test";
import { PhotoSky, Problem } from "./client/index.js";
import { wait } from "./client/pauses.js";

const client = new PhotoSky("https://api.example/v1", { token: async () => "token" });
const LOST = new TypeError("fetch failed");

afterEach(() => mock.restoreAll());

const json = (body, { status = 200, ...headers } = {}) =>
  new Response(body === null ? null : JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });

const problem = (code, status, headers = {}) =>
  json({ type: `urn:photosky:problem:${code}`, title: code, detail: `${code}.`, code, status, request_id: "r" }, { status, ...headers });

/** Answer requests in turn. Returns the list of what was sent. */
function answer(...answers) {
  const sent = [];
  mock.method(globalThis, "setTimeout", (callback) => setImmediate(callback));
  mock.method(globalThis, "clearTimeout", clearImmediate);
  mock.method(globalThis, "fetch", async (request) => {
    const headers = Object.fromEntries([...request.headers].filter(([name]) => !["accept", "content-type"].includes(name)));
    const body = await request.text();
    sent.push({
      call: `${request.method} ${request.url.replace("https://api.example/v1", "")}`,
      ...(headers.authorization === "Bearer token" ? {} : { authorization: headers.authorization }),
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization")),
      ...(body && { body: JSON.parse(body) }),
      ...(request.keepalive && { keepalive: true }),
    });
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next.clone();
  });
  return sent;
}

const NEW = { filename: "a.png", content_type: "image/png", size_bytes: 1, sha256: null };
const EDIT = { op: "edit", photo_id: "a", changes: { favorite: true } };

for (const [name, call, response, expected, result] of [
  ["health", () => client.health(), json({ status: "ok", version: "1.0.0" }), { call: "GET /health", authorization: undefined }, { status: "ok", version: "1.0.0" }],
  ["list", () => client.list(), json({ photos: [], next_cursor: null }), { call: "GET /photos" }, { photos: [], next_cursor: null }],
  [
    "list with filters",
    () => client.list({ tag: "sea & sun", favorite: true, taken_from: "2024-05-01", taken_to: "2024-05-31", sort: "taken_at", order: "asc", status: "trashed", limit: 7, cursor: "c" }),
    json({ photos: [], next_cursor: null }),
    { call: "GET /photos?tag=sea%20%26%20sun&favorite=true&taken_from=2024-05-01&taken_to=2024-05-31&sort=taken_at&order=asc&status=trashed&limit=7&cursor=c" },
    { photos: [], next_cursor: null },
  ],
  ["timeline", () => client.timeline("year"), json({ unit: "year", periods: [] }), { call: "GET /timeline?unit=year" }, { unit: "year", periods: [] }],
  ["me", () => client.me(), json({ photos: { used: 1, limit: null } }), { call: "GET /me" }, { photos: { used: 1, limit: null } }],
  ["changes", () => client.changes({ cursor: "c", limit: 9 }), json({ changes: [] }), { call: "GET /changes?cursor=c&limit=9" }, { changes: [] }],
  ["create", () => client.create(NEW, "key"), json({ photo: {} }, { status: 201 }), { call: "POST /photos", "idempotency-key": "key", body: NEW }, { photo: {} }],
  ["renewed form", () => client.renewForm("a"), json({ photo: {}, upload: {} }), { call: "POST /photos/a/upload" }, { photo: {}, upload: {} }],
  ["ingest", () => client.ingest("a"), json({ photo_id: "a" }, { "X-Request-Id": "r" }), { call: "POST /photos/a/ingest" }, { photo: { photo_id: "a" }, requestId: "r" }],
  ["read", () => client.read("a"), json({ photo_id: "a" }, { ETag: '"1-a"' }), { call: "GET /photos/a" }, { photo: { photo_id: "a" }, etag: '"1-a"' }],
  ["unchanged", () => client.readIfChanged("a", '"1-a"'), json(null, { status: 304 }), { call: "GET /photos/a", "if-none-match": '"1-a"' }, null],
  ["changed", () => client.readIfChanged("a", '"1-a"'), json({ photo_id: "a" }, { ETag: '"2-b"' }), { call: "GET /photos/a", "if-none-match": '"1-a"' }, { photo: { photo_id: "a" }, etag: '"2-b"' }],
  ["edit", () => client.edit("a", { favorite: true }), json({ photo_id: "a" }, { ETag: '"2-b"' }), { call: "PATCH /photos/a", body: { favorite: true } }, { photo: { photo_id: "a" }, etag: '"2-b"' }],
  ["edit of a version", () => client.edit("a", { title: null }, '"1-a"'), json({}), { call: "PATCH /photos/a", "if-match": '"1-a"', body: { title: null } }, { photo: {}, etag: "" }],
  ["remove", () => client.remove("a", { keepalive: true }), json(null, { status: 204 }), { call: "DELETE /photos/a?keep_trashed=true", keepalive: true }, undefined],
  ["permanent remove", () => client.remove("a", { isPermanent: true }), json(null, { status: 204 }), { call: "DELETE /photos/a?permanent=true" }, undefined],
  ["restore", () => client.restore("a"), json({ photo_id: "a" }, { ETag: '"2-b"' }), { call: "POST /photos/a/restore" }, { photo: { photo_id: "a" }, etag: '"2-b"' }],
  ["change", () => client.change([EDIT]), json({ results: [{ status: 200 }] }), { call: "POST /photos/batch", body: { operations: [EDIT] } }, [{ status: 200 }]],
  ["original", () => client.originalUrl("a"), json({ url: "https://s3.example/a" }), { call: "GET /photos/a/original" }, "https://s3.example/a"],
]) {
  test(name, async () => {
    const sent = answer(response);
    assert.deepEqual([await call(), sent], [result, [expected]]);
  });
}

test("pages follow the cursor with the same filters", async () => {
  const sent = answer(json({ photos: ["a"], next_cursor: "2" }), json({ photos: ["b"], next_cursor: null }));
  const pages = await Array.fromAsync(client.pages({ tag: "sea", limit: 1 }), ({ photos }) => photos);
  assert.deepEqual(pages, [["a"], ["b"]]);
  assert.deepEqual(sent.map(({ call }) => call), ["GET /photos?tag=sea&limit=1", "GET /photos?tag=sea&limit=1&cursor=2"]);
});

test("a problem has its code, and one of a proxy the status", async () => {
  answer(problem("PhotoNotFound", 404));
  await assert.rejects(client.read("a"), { constructor: Problem, code: "PhotoNotFound", status: 404, message: "PhotoNotFound.", requestId: "r", errors: [] });
  mock.restoreAll();
  answer(new Response("<html>", { status: 403, headers: { "Content-Type": "text/html" } }));
  await assert.rejects(client.read("a"), { code: "InternalError", status: 403, message: "The response has status 403 and no problem document." });
});

test("a repeated POST /photos has the same key", async () => {
  const sent = answer(LOST, problem("RequestInProgress", 409, { "Retry-After": "2" }), json({ photo: {} }));
  await client.create(NEW);
  const keys = new Set(sent.map((request) => request["idempotency-key"]));
  assert.deepEqual([sent.length, keys.size, keys.has(undefined)], [3, 1, false]);
});

test("a deletion is repeated, and leaves a photo in the trash", async () => {
  for (const [options, query] of [[{}, "keep_trashed=true"], [{ isPermanent: true }, "permanent=true"]]) {
    const sent = answer(LOST, new Response(null, { status: 503 }), problem("TooManyRequests", 429, { "Retry-After": "2" }), json(null, { status: 204 }));
    await client.remove("a", options);
    assert.deepEqual(sent.map(({ call }) => call), Array(4).fill(`DELETE /photos/a?${query}`));
    mock.restoreAll();
  }
});

test("a deletion that fails again and again is given up", async () => {
  const sent = answer(...Array(6).fill(LOST));
  await assert.rejects(client.remove("a"), LOST);
  assert.equal(sent.length, 6);
});

test("a batch that could remove photos from the trash is sent once, and outlives the page", async () => {
  const deletion = { op: "delete", photo_id: "a" };
  const sent = answer(LOST, LOST);
  await assert.rejects(client.change([deletion]), LOST);
  await assert.rejects(client.change([EDIT, deletion]), LOST);
  assert.deepEqual(sent.map(({ keepalive }) => keepalive), [true, undefined]);
  mock.restoreAll();
  const repeated = answer(LOST, json({ results: [] }));
  await client.change([EDIT, { ...deletion, permanent: true }, { ...deletion, keep_trashed: true }, { op: "restore", photo_id: "b" }]);
  assert.equal(repeated.length, 2);
});

test("a signal cancels a request", async () => {
  const abort = new AbortController();
  mock.method(globalThis, "fetch", ({ signal }) => wait({ signal }));
  const calls = [client.list({}, abort), client.read("a", abort), client.remove("a", abort), client.change([EDIT], abort), client.ingest("a", abort), client.create(NEW, "key", abort)];
  setImmediate(() => abort.abort(new Error("cancelled")));
  const messages = (await Promise.allSettled(calls)).map(({ reason }) => reason?.message);
  assert.deepEqual(messages, calls.map(() => "cancelled"));
});
