/// <reference path="./web_context.d.ts" />
// What the examples in docs/api.md leave out, with web/client on a stack.
import { MemoryStore, PhotoSky, Problem, sync, uploadPhoto } from "./client/index.js";

const client = new PhotoSky(API_URL, { token: async () => idToken });
result("health", (await client.health()).status);

// An ETag is compared, and an edit of an outdated version is refused.
const first = await client.read(photo_id);
result("unchanged", await client.readIfChanged(photo_id, first.etag));
const edited = await client.edit(photo_id, { title: "Dunes" }, first.etag);
result("changed", (await client.readIfChanged(photo_id, first.etag))?.photo.title);
result("outdated", await codeOf(client.edit(photo_id, { title: "Outdated" }, first.etag)));
result("edited", (await client.restore(photo_id)).etag === edited.etag);

// An upload goes on with the photo that an earlier attempt has created, with a new form.
const head = new File([file.slice(0, 8)], "head.png", { type: "image/png" });
const { photo } = await client.create({ filename: head.name, content_type: "image/png", size_bytes: head.size });
/** @type {string[]} */
const stages = [];
const rejected = uploadPhoto({
  client,
  file: head,
  photoId: photo.photo_id,
  onProgress: ({ stage, sentBytes }) => stages.push(`${stage} ${sentBytes}`),
});
result("rejected", await codeOf(rejected));
result("stages", stages);

// A known file is not uploaded again.
const again = await uploadPhoto({ client, file });
result("duplicate", [again.isDuplicate, again.photo.filename]);
result("original", (await (await fetch(await client.originalUrl(again.photo.photo_id))).blob()).size === file.size);

// A copy follows the deletions, and a new run goes on where the store stopped.
const store = new MemoryStore();
/** @type {string[][]} */
const pages = [];
for await (const { photos } of client.pages({ limit: 1 })) pages.push(photos.map(({ filename }) => filename));
result("pages", pages);
result("first sync", await follow());
for (const photoId of [photo_id, awaiting_id, photo.photo_id]) await client.remove(photoId, { isPermanent: true });
result("second sync", await follow());
result("left", (await store.photos()).map(({ filename }) => filename));
result("gone", await codeOf(client.read(photo_id)));

/** Follow the changes until the first effect. @returns {Promise<[string[], string[]]>} the names added, and the IDs removed */
async function follow() {
  const abort = new AbortController();
  /** @type {[string[], string[]]} */
  let effect = [[], []];
  const onChange = (/** @type {import("./client/syncstate.js").SyncEffect} */ { upserted, deleted }) => {
    effect = [upserted.map(({ filename }) => filename).sort(), deleted.map((id) => (id === photo_id ? "photo_id" : id))];
    abort.abort();
  };
  await sync({ client, store, signal: abort.signal, onChange, intervalMs: 100 });
  return effect;
}

/** @param {Promise<unknown>} call */
async function codeOf(call) {
  try {
    return await call;
  } catch (error) {
    return error instanceof Problem ? error.code : error;
  }
}
