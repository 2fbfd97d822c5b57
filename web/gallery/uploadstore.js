// Unfinished uploads in `sessionStorage`, so that a reload can resume them. The files themselves cannot be stored.
import { Upload } from "./upload.js";

const KEY_PREFIX = "photosky.upload.";

/** Store an upload, or what has changed of it. @param {Upload} upload */
export function store({ id, name, sizeBytes, photoId }) {
  const storedAt = performance.timeOrigin + performance.now();
  sessionStorage.setItem(KEY_PREFIX + id, JSON.stringify({ name, sizeBytes, photoId: photoId.value, storedAt }));
}

/** @param {Upload} upload */
export function unstore({ id }) {
  sessionStorage.removeItem(KEY_PREFIX + id);
}

/** Remove all stored uploads and return them in the order in which they were stored. */
export function takeStored() {
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(KEY_PREFIX));
  const stored = keys.map((key) => {
    const { name, sizeBytes, photoId, storedAt } = JSON.parse(sessionStorage.getItem(key) ?? "");
    sessionStorage.removeItem(key);
    return { storedAt, upload: new Upload(name, sizeBytes, null, photoId) };
  });
  return stored.sort((a, b) => a.storedAt - b.storedAt).map(({ upload }) => upload);
}
