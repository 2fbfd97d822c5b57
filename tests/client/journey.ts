// All operations, through the generated client: node journey.ts API_URL TOKEN IMAGE
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Photo, PhotoStatus, Problem, ProblemCode, ReadyPhoto } from "./api.ts";
import { allPhotos, awaitsUpload, bodyOf, type ContentType, follow, type Listing, photosky, upload } from "./client.ts";

const [apiUrl = "", token = "", picture = ""] = process.argv.slice(2);
const bytes = await readFile(picture);
const called = new Set<string>();

const api = photosky(apiUrl, () => token);
api.use({ onResponse: ({ request, schemaPath }) => void called.add(`${request.method} ${schemaPath}`) });

/** Assert that the response is a problem with this code, and return the problem. */
function problemOf<P extends Problem>({ error, response }: { error?: P; response: Response }, code: P["code"]): P {
  assert.ok(error, `${response.url} returned no problem`);
  assert.equal(error.code, code);
  assert.equal(error.status, response.status);
  assert.equal(error.request_id, response.headers.get("X-Request-Id"));
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  return error;
}

/** A message for the user. The compiler reports a missing code. */
function advice(code: ProblemCode): string {
  switch (code) {
    case "Unauthorized":
      return "Sign in again.";
    case "IngestInProgress":
    case "IngestTimedOut":
    case "RequestInProgress":
    case "TooManyRequests":
      return "Try again in a few seconds.";
    case "CorruptImage":
    case "TooManyFrames":
    case "TooManyPixels":
    case "UnsupportedFormat":
    case "UploadTooLarge":
      return "Choose another image.";
    case "PreconditionFailed":
      return "The photo was changed. Reload it.";
    case "PhotoNotFound":
      return "The photo does not exist.";
    case "CursorExpired":
      return "Reload all photos.";
    case "UploadNotExpected":
      return "The photo needs no upload.";
    case "PhotoTrashed":
      return "Restore the photo first.";
    case "QuotaExceeded":
      return "Delete some photos first.";
    case "PhotoNotTrashed":
      return "The photo is not in the trash.";
    case "UploadMissing":
      return "Upload the file first.";
    case "IdempotencyKeyReused":
    case "InternalError":
    case "InvalidRequest":
    case "MethodNotAllowed":
    case "RouteNotFound":
      return "Report this error.";
    default:
      return code satisfies never;
  }
}

async function create(data: Buffer, filename: string, content_type: ContentType) {
  const created = bodyOf(await api.POST("/photos", { body: { filename, content_type, size_bytes: data.length } }));
  assert.ok(awaitsUpload(created));
  return created;
}

async function send(data: Buffer, filename: string) {
  const { photo, upload: form } = await create(data, filename, "image/png");
  assert.equal((await upload(form, new Blob([new Uint8Array(data)]))).status, 204);
  return api.POST("/photos/{photo_id}/ingest", { params: { path: { photo_id: photo.photo_id } } });
}

/** The ids of all photos of a listing. */
async function list(listing: Listing): Promise<string[]> {
  const ids: string[] = [];
  for await (const photo of allPhotos(api, listing)) ids.push(photo.photo_id);
  return ids;
}

const health = bodyOf(await api.GET("/health"));
assert.equal(health.status, "ok");
assert.match(health.version, /^\d+\.\d+\.\d+/);

const before = bodyOf(await api.GET("/me"));
assert.deepEqual(before, { photos: { used: 0, limit: null }, bytes: { used: 0, limit: null } });

// Upload three photos. A ready photo has a size, a placeholder and previews, none of which can be null.
const photos: ReadyPhoto[] = [];
for (const name of ["one.png", "two.png", "three.png"]) photos.push(bodyOf(await send(bytes, name)));
assert.equal(bodyOf(await api.GET("/me")).bytes.used, photos.length * bytes.length);
for (const photo of photos) {
  const ratio: number = photo.width / photo.height;
  assert.ok(ratio > 0 && photo.placeholder.length > 0);
  const preview = photo.previews["thumb"];
  assert.ok(preview);
  assert.equal((await (await fetch(preview.url)).blob()).size, preview.size_bytes);
}

// The owner has these bytes already, so no upload is needed.
const sha256 = createHash("sha256").update(bytes).digest("hex");
const known = await api.POST("/photos", {
  body: { filename: "again.png", content_type: "image/png", size_bytes: bytes.length, sha256 },
});
assert.equal(known.response.status, 200);
assert.equal(bodyOf(known).photo.sha256, sha256);

// List all photos, page by page.
assert.deepEqual(
  await list({ limit: 2, order: "asc" }),
  photos.map((photo) => photo.photo_id),
);

// Keep a copy of them.
const copy = new Map<string, ReadyPhoto>();
let cursor = await follow(api, copy);
assert.deepEqual([...copy.keys()].sort(), photos.map((photo) => photo.photo_id).sort());

// Read a photo and edit that version. A second edit of the same version fails.
const [{ photo_id }] = photos as [ReadyPhoto, ...ReadyPhoto[]];
const params = { path: { photo_id } };
const read = await api.GET("/photos/{photo_id}", { params });
const version = read.response.headers.get("ETag");
assert.ok(version);
const unchanged = await api.GET("/photos/{photo_id}", { params: { ...params, header: { "If-None-Match": version } } });
assert.equal(unchanged.response.status, 304);
const guarded = { ...params, header: { "If-Match": version } };
const changes = { title: "Meer", tags: ["sea"] };
const edited = bodyOf(await api.PATCH("/photos/{photo_id}", { params: guarded, body: changes }));
assert.deepEqual([edited.title, edited.tags, edited.favorite], ["Meer", ["sea"], false]);
const outdated = problemOf(
  await api.PATCH("/photos/{photo_id}", { params: guarded, body: { title: "Outdated" } }),
  "PreconditionFailed",
);
assert.equal(advice(outdated.code), "The photo was changed. Reload it.");

// Change several photos at once. Each operation has its own result.
const other = photos[1]?.photo_id ?? "";
const batch = bodyOf(
  await api.POST("/photos/batch", {
    body: {
      operations: [
        { op: "edit", photo_id: other, changes: { favorite: true } },
        { op: "edit", photo_id, if_match: version, changes: { title: "Outdated" } },
      ],
    },
  }),
);
assert.deepEqual(
  batch.results.map(({ status, photo, problem }) => [status, photo?.favorite, problem?.code]),
  [
    [200, true, undefined],
    [412, undefined, "PreconditionFailed"],
  ],
);

// Find photos by tag, mark and period, and count those of each year.
const corrected = { taken_at: "2024-05-17T10:11:12" };
const dated = bodyOf(await api.PATCH("/photos/{photo_id}", { params: { path: { photo_id: other } }, body: corrected }));
assert.ok(dated.updated_at > dated.created_at);
assert.deepEqual(await list({ tag: "SEA" }), [photo_id]);
assert.deepEqual(await list({ favorite: true, limit: 1 }), [other]);
assert.deepEqual(await list({ taken_from: "2024-05-01", taken_to: "2024-05-17", favorite: true }), [other]);
assert.equal((await list({ sort: "taken_at", order: "asc", limit: 1 }))[0], other);
const { unit, periods } = bodyOf(await api.GET("/timeline", { params: { query: { unit: "year" } } }));
assert.deepEqual([unit, periods.at(-1)], ["year", { period: "2024", count: 1, undated: 0 }]);
const contradiction = { sort: "created_at", taken_from: "2024-05-01" } as const;
problemOf(await api.GET("/photos", { params: { query: contradiction } }), "InvalidRequest");

// The copy follows.
cursor = await follow(api, copy, cursor);
assert.deepEqual([copy.get(photo_id)?.title, copy.get(other)?.taken_at], ["Meer", corrected.taken_at]);
problemOf(await api.GET("/changes", { params: { query: { cursor: `${cursor}x` } } }), "InvalidRequest");

// The original has the uploaded bytes.
const original = bodyOf(await api.GET("/photos/{photo_id}/original", { params }));
assert.deepEqual(Buffer.from(await (await fetch(original.url)).arrayBuffer()), bytes);

// A form accepts the declared size only. A file that is not an image is rejected.
const declared = await create(bytes, "short.png", "image/png");
assert.ok((await upload(declared.upload, new Blob(["short"]))).status >= 400);
const text = problemOf(await send(Buffer.from("This is not an image."), "letter.png"), "UnsupportedFormat");
assert.equal(advice(text.code), "Choose another image.");
const missing = problemOf(
  await api.POST("/photos/{photo_id}/ingest", { params: { path: { photo_id: declared.photo.photo_id } } }),
  "UploadMissing",
);
assert.equal(missing.status, 409);

// A new form takes the declared bytes. A ready photo gets none.
const renewed = bodyOf(
  await api.POST("/photos/{photo_id}/upload", { params: { path: { photo_id: declared.photo.photo_id } } }),
);
assert.equal(renewed.photo.status, "awaiting_upload");
assert.equal((await upload(renewed.upload, new Blob([new Uint8Array(bytes)]))).status, 204);
problemOf(await api.POST("/photos/{photo_id}/upload", { params }), "UploadNotExpected");

// The API and the compiler both report invalid requests.
const wrong = problemOf(
  // @ts-expect-error: size_bytes is a number.
  await api.POST("/photos", { body: { filename: "a.png", content_type: "image/png", size_bytes: "many" } }),
  "InvalidRequest",
);
assert.deepEqual(wrong.errors, [{ detail: "size_bytes must be a positive integer.", pointer: "#/size_bytes" }]);
// @ts-expect-error: SVG is not supported.
const drawing: ContentType = "image/svg+xml";
const vector = { filename: "a.svg", content_type: drawing, size_bytes: 1 };
problemOf(await api.POST("/photos", { body: vector }), "UnsupportedFormat");
// @ts-expect-error: only a ready photo has a width.
const width: number = bodyOf(read).width;
assert.ok(width > 0);
const signedOut = photosky(apiUrl, () => "invalid");
problemOf(await signedOut.GET("/photos"), "Unauthorized");

// A deleted photo is in the trash until it is restored.
assert.equal((await api.DELETE("/photos/{photo_id}", { params })).response.status, 204);
problemOf(await api.POST("/photos/{photo_id}/ingest", { params }), "PhotoTrashed");
for await (const photo of allPhotos(api, { status: "trashed" })) assert.ok(photo.trashed_at !== null);
assert.deepEqual(await list({ status: "trashed", tag: "sea" }), [photo_id]);
cursor = await follow(api, copy, cursor);
assert.equal(copy.has(photo_id), false);
const restored = bodyOf(await api.POST("/photos/{photo_id}/restore", { params }));
assert.deepEqual([restored.status, restored.title, restored.trashed_at], ["ready", "Meer", null]);
const waiting = { path: { photo_id: declared.photo.photo_id } };
problemOf(await api.POST("/photos/{photo_id}/restore", { params: waiting }), "PhotoNotTrashed");

// Delete all photos.
const status: Record<string, PhotoStatus> = {};
for (const photo of [...photos, declared.photo] satisfies Photo[]) {
  const path = { photo_id: photo.photo_id };
  status[photo.filename] = photo.status;
  const deleted = await api.DELETE("/photos/{photo_id}", { params: { path, query: { permanent: "true" } } });
  assert.deepEqual([deleted.response.status, deleted.error], [204, undefined]);
  problemOf(await api.GET("/photos/{photo_id}", { params: { path } }), "PhotoNotFound");
}
const ready = Object.fromEntries(photos.map((photo) => [photo.filename, "ready"]));
assert.deepEqual(status, { ...ready, "short.png": "awaiting_upload" });
assert.deepEqual(bodyOf(await api.GET("/photos")), { photos: [], next_cursor: null });
await follow(api, copy, cursor);
assert.equal(copy.size, 0);

console.log(JSON.stringify([...called].sort()));
