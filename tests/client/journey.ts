// A photo's whole life, through the generated client: node journey.ts API_URL TOKEN PICTURE
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Photo, PhotoStatus, Problem, ProblemCode, ReadyPhoto } from "./api.ts";
import { awaitsUpload, type ContentType, everything, given, photosky, upload } from "./client.ts";

const [apiUrl = "", token = "", picture = ""] = process.argv.slice(2);
const bytes = await readFile(picture);
const called = new Set<string>();

const api = photosky(apiUrl, () => token);
api.use({ onResponse: ({ request, schemaPath }) => void called.add(`${request.method} ${schemaPath}`) });

/** A problem document, which has to say the same as the answer. */
function refused<P extends Problem>(answer: { error?: P; response: Response }, code: P["code"]): P {
  assert.ok(answer.error, `${answer.response.url} was not refused`);
  assert.equal(answer.error.code, code);
  assert.equal(answer.error.status, answer.response.status);
  assert.equal(answer.error.request_id, answer.response.headers.get("X-Request-Id"));
  assert.equal(answer.response.headers.get("Content-Type"), "application/problem+json");
  return answer.error;
}

/** What a frontend tells its user; the compiler knows when a code is missing. */
function advice(code: ProblemCode): string {
  switch (code) {
    case "Unauthorized":
      return "Sign in again.";
    case "IngestInProgress":
    case "IngestTimedOut":
    case "TooManyRequests":
      return "Wait a moment.";
    case "CorruptImage":
    case "TooManyFrames":
    case "TooManyPixels":
    case "UnsupportedFormat":
    case "UploadTooLarge":
      return "Choose another picture.";
    case "PreconditionFailed":
      return "Somebody changed it; look again.";
    case "PhotoNotFound":
      return "It is gone.";
    case "UploadMissing":
      return "Upload it first.";
    case "InternalError":
    case "InvalidRequest":
    case "MethodNotAllowed":
    case "RouteNotFound":
      return "Tell us.";
    default:
      return code satisfies never;
  }
}

async function create(data: Buffer, filename: string, content_type: ContentType) {
  const created = given(await api.POST("/photos", { body: { filename, content_type, size_bytes: data.length } }));
  assert.ok(awaitsUpload(created));
  return created;
}

async function send(data: Buffer, filename: string) {
  const { photo, upload: form } = await create(data, filename, "image/png");
  assert.equal((await upload(form, new Blob([new Uint8Array(data)]))).status, 204);
  return api.POST("/photos/{photo_id}/ingest", { params: { path: { photo_id: photo.photo_id } } });
}

const health = given(await api.GET("/health"));
assert.equal(health.status, "ok");
assert.match(health.version, /^\d+\.\d+\.\d+/);

// Upload three. What is ready has its size, its placeholder and its previews: no null to ask for.
const photos: ReadyPhoto[] = [];
for (const name of ["one.png", "two.png", "three.png"]) photos.push(given(await send(bytes, name)));
for (const photo of photos) {
  const ratio: number = photo.width / photo.height;
  assert.ok(ratio > 0 && photo.placeholder.length > 0);
  const preview = photo.previews["thumb"];
  assert.ok(preview);
  assert.equal((await (await fetch(preview.url)).blob()).size, preview.size_bytes);
}

// The owner has these bytes: nothing is to be uploaded.
const sha256 = createHash("sha256").update(bytes).digest("hex");
const known = await api.POST("/photos", {
  body: { filename: "again.png", content_type: "image/png", size_bytes: bytes.length, sha256 },
});
assert.equal(known.response.status, 200);
assert.equal(given(known).photo.sha256, sha256);

// List, page by page.
const listed: string[] = [];
for await (const photo of everything(api, { limit: 2, order: "asc" })) listed.push(photo.photo_id);
assert.deepEqual(
  listed,
  photos.map((photo) => photo.photo_id),
);

// Read one, and change the version that was read; the version before it is not changed any more.
const [{ photo_id }] = photos as [ReadyPhoto, ...ReadyPhoto[]];
const params = { path: { photo_id } };
const read = await api.GET("/photos/{photo_id}", { params });
const version = read.response.headers.get("ETag");
assert.ok(version);
const mine = { ...params, header: { "If-Match": version } };
const edited = given(await api.PATCH("/photos/{photo_id}", { params: mine, body: { title: "Meer", tags: ["sea"] } }));
assert.deepEqual([edited.title, edited.tags, edited.favorite], ["Meer", ["sea"], false]);
const late = refused(
  await api.PATCH("/photos/{photo_id}", { params: mine, body: { title: "Too late" } }),
  "PreconditionFailed",
);
assert.equal(advice(late.code), "Somebody changed it; look again.");

// The original comes back as it was sent.
const original = given(await api.GET("/photos/{photo_id}/original", { params }));
assert.deepEqual(Buffer.from(await (await fetch(original.url)).arrayBuffer()), bytes);

// A form takes what was promised; what is no picture is refused, and says why as long as it is there.
const promised = await create(bytes, "short.png", "image/png");
assert.ok((await upload(promised.upload, new Blob(["short"]))).status >= 400);
const text = refused(await send(Buffer.from("This is no picture."), "letter.png"), "UnsupportedFormat");
assert.equal(advice(text.code), "Choose another picture.");
const missing = refused(
  await api.POST("/photos/{photo_id}/ingest", { params: { path: { photo_id: promised.photo.photo_id } } }),
  "UploadMissing",
);
assert.equal(missing.status, 409);

// What is wrong is named, by the API and before it by the compiler.
const wrong = refused(
  // @ts-expect-error: it is a number.
  await api.POST("/photos", { body: { filename: "a.png", content_type: "image/png", size_bytes: "many" } }),
  "InvalidRequest",
);
assert.match(wrong.detail, /size_bytes/);
// @ts-expect-error: an SVG is not taken.
const drawing: ContentType = "image/svg+xml";
const vector = { filename: "a.svg", content_type: drawing, size_bytes: 1 };
refused(await api.POST("/photos", { body: vector }), "UnsupportedFormat");
// @ts-expect-error: a photo in any status may have no width.
const width: number = given(read).width;
assert.ok(width > 0);
const signedOut = photosky(apiUrl, () => "nonsense");
refused(await signedOut.GET("/photos"), "Unauthorized");

// Delete all.
const status: Record<string, PhotoStatus> = {};
for (const photo of [...photos, promised.photo] satisfies Photo[]) {
  const path = { photo_id: photo.photo_id };
  status[photo.filename] = photo.status;
  const deleted = await api.DELETE("/photos/{photo_id}", { params: { path } });
  assert.deepEqual([deleted.response.status, deleted.error], [204, undefined]);
  refused(await api.GET("/photos/{photo_id}", { params: { path } }), "PhotoNotFound");
}
const ready = Object.fromEntries(photos.map((photo) => [photo.filename, "ready"]));
assert.deepEqual(status, { ...ready, "short.png": "awaiting_upload" });
assert.deepEqual(given(await api.GET("/photos")), { photos: [], next_cursor: null });

console.log(JSON.stringify([...called].sort()));
