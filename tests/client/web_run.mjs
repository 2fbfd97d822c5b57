// Runs the examples of docs/api.md and web_journey.js on a stack: node web_run.mjs API_URL TOKEN IMAGE IMAGE
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { PhotoSky, uploadPhoto } from "./client/index.js";

const [apiUrl, token, ...paths] = process.argv.slice(2);
const [file, other] = await Promise.all(
  paths.map(async (path) => new File([await readFile(path)], basename(path), { type: "image/png" })),
);
const client = new PhotoSky(apiUrl, { token: async () => token });
const uploaded = await uploadPhoto({ client, file: other });
const awaiting = await client.create({ filename: "awaiting.png", content_type: "image/png", size_bytes: 1 });
const abort = new AbortController();
const results = [];
const thisMonth = uploaded.photo.created_at.slice(0, 7);
const names = (photos) => photos.map(({ filename }) => filename).sort();
const log = (name) => (...values) => void results.push([name, ...values]);

Object.assign(globalThis, {
  API_URL: apiUrl,
  idToken: token,
  photo_id: uploaded.photo.photo_id,
  awaiting_id: awaiting.photo.photo_id,
  file,
  signal: abort.signal,
  show: (url) => log("show")(url.includes("/previews/")),
  showProgress: log("showProgress"),
  showTrash: (photos) => log("showTrash")(names(photos)),
  showPeriod: (period, count) => log("showPeriod")(period === thisMonth ? "this month" : period, count),
  showPage: (photos) => log("showPage")(names(photos)),
  showCopy: (photos) => {
    log("showCopy")(names(photos));
    abort.abort();
  },
  explain: log("explain"),
  result: (...values) => void results.push(values),
});

await import("./examples.js");
await import("./web_journey.js");
console.log(JSON.stringify(results));
