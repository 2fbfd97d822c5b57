import assert from "node:assert/strict";
import test from "node:test";
import { mediaTypeOf, selectImages } from "../../../web/gallery/files.js";
import { detect, detectFile } from "../../../web/gallery/formats.js";

/** @param {string} text in Latin-1 */
const bytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const JPEG = bytes("\xff\xd8\xff\xe0\0\x10JFIF");
const HEIC = bytes("\0\0\0\x18ftypmif1\0\0\0\0mif1heic");

test("a file is detected by its first bytes", () => {
  const heads = [JPEG, HEIC, bytes("RIFF\x04\0\0\0WEBPVP8 "), bytes("GIF89a"), bytes("II*\0"), bytes("\x89PNG\r\n\x1a\n")];
  assert.deepEqual(heads.map(detect), ["image/jpeg", "image/heic", "image/webp", "image/gif", "image/tiff", "image/png"]);
  assert.equal(detect(bytes("\0\0\0\x1cftypmif1\0\0\0\0mif1heicavif")), "image/avif");
});

test("other bytes are not detected", () => {
  const heads = ["", "\xff\xd8", "%PDF", "\0\0\0\x14ftypisom\0\0\0\0mp42", "\0\0\0\x10ftypisom\0\0\0\0heic", "\0\0\0\x14ftyp", "heic"];
  assert.deepEqual(heads.map(bytes).map(detect), heads.map(() => undefined));
});

test("the browser's image type is declared, else the detected one", async () => {
  const declared = (name, type, data) => mediaTypeOf(new File([data], name, { type }));
  assert.equal(await declared("a.jpg", "image/jpg", HEIC), "image/jpg");
  assert.equal(await declared("DSC1.HIF", "", HEIC), "image/heic");
  assert.equal(await declared("a.bin", "application/x-binary", JPEG), "image/jpeg");
  assert.equal(await declared("a.txt", "text/plain", bytes("text")), "text/plain");
  assert.equal(await declared("a", "", bytes("text")), "application/octet-stream");
});

test("images of a folder are selected by type or bytes", async () => {
  const files = [
    new File([JPEG], "original"), new File([JPEG], "b.MPO"), new File([HEIC], "c.HIF"), new File(["x"], "d.png", { type: "image/png" }),
    new File(["text"], "e.txt", { type: "text/plain" }), new File([JPEG], ".hidden.jpg"), new File(["x"], "Thumbs.db"), new File([], "f"),
  ];
  const { images, skippedCount } = await selectImages(files, true);
  assert.deepEqual([images.map(({ name }) => name), skippedCount], [["original", "b.MPO", "c.HIF", "d.png"], 2]);
  assert.deepEqual(await selectImages(files, false), { images: files, skippedCount: 0 });
});

test("a file that cannot be read is not detected", async () => {
  const gone = { slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("gone", "NotFoundError")) }) };
  assert.equal(await detectFile(/** @type {Blob} */ (/** @type {unknown} */ (gone))), undefined);
});
