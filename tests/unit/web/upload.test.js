import assert from "node:assert/strict";
import test, { afterEach, mock } from "node:test";
import { uploadPhoto } from "../../../web/client/upload.js";
import { photo, problem } from "./changes.js";
import { instantWaits } from "./waits.js";

const FILE = new File(["bytes"], "sea.jpg", { type: "image/jpeg" });
const SHA256 = "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9";
const LATER = "2999-01-01T00:00:00.000Z";
const LOST = new TypeError("fetch failed");

afterEach(() => mock.restoreAll());

const form = (name, expires_at = LATER) => ({ url: `https://s3.example/${name}`, fields: { key: name }, expires_at });

const refusal = (status, code) => new Response(`<Error><Code>${code}</Code></Error>`, { status });

/** A value of an array of answers in turn, the last one again and again. Errors are thrown. */
function next(answers) {
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  if (answer instanceof Error) throw answer;
  return answer;
}

/**
 * Upload a file with these answers of the API and of S3. Returns the result or the error, what was called, the stages, and
 * the waits in milliseconds.
 */
async function upload({ create = [{ photo: { photo_id: "a" }, upload: form("first") }], renew, ingest, s3 = [], ...options } = {}) {
  const waits = instantWaits();
  const calls = [];
  const ready = { photo: photo("a"), requestId: "request" };
  const client = {
    create: async (body) => (calls.push(["create", body]), next(create)),
    renewForm: async (photoId) => (calls.push(["renew", photoId]), next(renew)),
    ingest: async (photoId) => (calls.push(["ingest", photoId]), next(ingest ?? [ready])),
  };
  mock.method(globalThis, "fetch", async (url, { method, body }) => {
    calls.push([method, url, [...body.keys()]]);
    return s3.length > 0 ? next([s3.shift()]) : new Response(null, { status: 204 });
  });
  const stages = [];
  const onProgress = ({ stage, sentBytes, photoId }) => stages.push([stage, sentBytes, photoId]);
  const outcome = await uploadPhoto({ client, file: FILE, onProgress, ...options }).catch((error) => error);
  return { outcome, calls, stages, waits, names: calls.map(([name, target]) => (name === "POST" ? target.slice(19) : name)) };
}

const READY = { photo: photo("a"), requestId: "request", isDuplicate: false };

test("a file is created, posted and ingested", async () => {
  const { outcome, calls, stages } = await upload();
  assert.deepEqual(outcome, READY);
  assert.deepEqual(calls, [
    ["create", { filename: "sea.jpg", content_type: "image/jpeg", size_bytes: 5, sha256: SHA256 }],
    ["POST", "https://s3.example/first", ["key", "file"]],
    ["ingest", "a"],
  ]);
  assert.deepEqual(stages, [
    ["creating", 0, undefined],
    ["uploading", 0, "a"],
    ["uploading", 5, "a"],
    ["ingesting", 5, "a"],
  ]);
});

test("the media type of the caller has precedence", async () => {
  assert.equal((await upload({ contentType: "image/heic" })).calls[0][1].content_type, "image/heic");
});

test("a duplicate is not posted", async () => {
  const { outcome, names } = await upload({ create: [{ photo: photo("known") }] });
  assert.deepEqual([outcome, names], [{ photo: photo("known"), isDuplicate: true, requestId: "" }, ["create"]]);
});

test("lost connections and failures of S3 are repeated", async () => {
  const s3 = [LOST, refusal(503, "SlowDown"), refusal(400, "RequestTimeout")];
  const { outcome, names, waits } = await upload({ s3 });
  assert.deepEqual([outcome, waits], [READY, [250, 500, 1000]]);
  assert.deepEqual(names, ["create", "first", "first", "first", "first", "ingest"]);
});

test("attempts are bounded", async () => {
  const { outcome, names } = await upload({ s3: Array.from({ length: 9 }, () => LOST) });
  assert.deepEqual([outcome, names], [LOST, ["create", ...Array.from({ length: 6 }, () => "first")]]);
});

test("a form that S3 refuses is renewed", async () => {
  const { outcome, names, waits } = await upload({ s3: [refusal(403, "AccessDenied")], renew: [{ upload: form("second") }] });
  assert.deepEqual([outcome, waits, names], [READY, [], ["create", "first", "renew", "second", "ingest"]]);
});

test("a form that expired while the connection failed is renewed", async () => {
  const create = [{ photo: { photo_id: "a" }, upload: form("first", "2020-01-01T00:00:00.000Z") }];
  const { outcome, names } = await upload({ create, s3: [LOST], renew: [{ upload: form("second") }] });
  assert.deepEqual([outcome, names], [READY, ["create", "first", "renew", "second", "ingest"]]);
});

test("renewals are bounded", async () => {
  const s3 = Array.from({ length: 9 }, () => refusal(403, "AccessDenied"));
  const { outcome, names } = await upload({ s3, renew: [{ upload: form("second") }] });
  assert.deepEqual([outcome.status, outcome.code], [403, "AccessDenied"]);
  assert.deepEqual(names, ["create", "first", "renew", "second", "renew", "second"]);
});

test("a photo that takes no upload any more is ingested", async () => {
  const { outcome, names } = await upload({ s3: [refusal(403, "AccessDenied")], renew: [problem("UploadNotExpected", 409)] });
  assert.deepEqual([outcome, names], [READY, ["create", "first", "renew", "ingest"]]);
});

test("a refused file is final", async () => {
  const { outcome, names } = await upload({ s3: [refusal(400, "EntityTooLarge")] });
  assert.deepEqual([outcome.status, outcome.code, names], [400, "EntityTooLarge", ["create", "first"]]);
});

test("an ingest in progress is repeated, and a rejection is not", async () => {
  const ready = { photo: photo("a"), requestId: "request" };
  const waiting = await upload({ ingest: [problem("IngestInProgress", 409), problem("IngestTimedOut", 504), ready] });
  assert.deepEqual([waiting.outcome, waiting.names.slice(2)], [READY, ["ingest", "ingest", "ingest"]]);
  mock.restoreAll();
  const endless = await upload({ ingest: [problem("IngestInProgress", 409)] });
  assert.deepEqual([endless.outcome.code, endless.names.length], ["IngestInProgress", 7]);
  mock.restoreAll();
  const rejected = await upload({ ingest: [problem("CorruptImage", 422)] });
  assert.deepEqual([rejected.outcome.code, rejected.names], ["CorruptImage", ["create", "first", "ingest"]]);
});

test("an upload that has arrived is only ingested", async () => {
  const { outcome, names } = await upload({ photoId: "a" });
  assert.deepEqual([outcome, names], [READY, ["ingest"]]);
});

test("an upload that has not arrived is posted with a new form", async () => {
  const ingest = [problem("UploadMissing", 409), { photo: photo("a"), requestId: "request" }];
  const { outcome, names } = await upload({ photoId: "a", ingest, renew: [{ upload: form("second") }] });
  assert.deepEqual([outcome, names], [READY, ["ingest", "renew", "second", "ingest"]]);
});

test("a photo that has expired is created again", async () => {
  const ingest = [problem("PhotoNotFound", 404), { photo: photo("a"), requestId: "request" }];
  const { outcome, names } = await upload({ photoId: "expired", ingest });
  assert.deepEqual([outcome, names], [READY, ["ingest", "create", "first", "ingest"]]);
});

test("an aborted signal ends the wait between attempts", async () => {
  const abort = new AbortController();
  mock.method(globalThis, "fetch", async () => {
    setImmediate(() => abort.abort(new Error("cancelled")));
    throw LOST;
  });
  const client = { create: async () => ({ photo: { photo_id: "a" }, upload: form("first") }) };
  await assert.rejects(uploadPhoto({ client, file: FILE, signal: abort.signal }), { message: "cancelled" });
  assert.equal(fetch.mock.callCount(), 1);
});
