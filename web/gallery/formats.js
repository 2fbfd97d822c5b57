// The formats that can become photos, by the first bytes of a file. A test compares both tables with the API's.

/** Offset, bytes in hexadecimal, and media type. @type {ReadonlyArray<readonly [number, string, string]>} */
export const SIGNATURES = [
  [0, "ffd8ff", "image/jpeg"],
  [0, "89504e470d0a1a0a", "image/png"],
  [8, "57454250", "image/webp"],
  [0, "474946383761", "image/gif"],
  [0, "474946383961", "image/gif"],
  [0, "49492a00", "image/tiff"],
  [0, "4d4d002a", "image/tiff"],
  [0, "4949002a", "image/tiff"],
  [0, "4d4d2a00", "image/tiff"],
  [0, "49492b00", "image/tiff"],
  [0, "4d4d002b", "image/tiff"],
];

/** Media types of files of the HEIF family, by the brands in their first box. @type {Readonly<Record<string, string>>} */
export const BRANDS = {
  avif: "image/avif",
  avis: "image/avif",
  heic: "image/heic",
  heim: "image/heic",
  heis: "image/heic",
  heix: "image/heic",
  hevc: "image/heic",
  hevm: "image/heic",
  hevs: "image/heic",
  hevx: "image/heic",
  mif1: "image/heic",
  msf1: "image/heic",
};

const HEAD_BYTES = 512;

/** The media type by the first bytes of a file; undefined for other files. @param {Uint8Array} head */
export function detect(head) {
  const found = SIGNATURES.find(([offset, hex]) => toHex(head.subarray(offset, offset + hex.length / 2)) === hex);
  if (found) return found[2];
  const brands = new Set(brandsIn(head));
  return Object.entries(BRANDS).find(([brand]) => brands.has(brand))?.[1];
}

/** The media type by the first bytes of a file; undefined for other files and for those that cannot be read. @param {Blob} file */
export async function detectFile(file) {
  try {
    return detect(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  } catch {
    return undefined;
  }
}

/** The major brand and the compatible ones; without the version between them. @param {Uint8Array} head */
function brandsIn(head) {
  const text = String.fromCharCode(...head);
  if (text.slice(4, 8) !== "ftyp") return [];
  const end = Math.min(head.length, new DataView(head.buffer, head.byteOffset).getUint32(0));
  const brands = text.slice(8, end).match(/[^]{4}/g) ?? [];
  return brands.filter((_, index) => index !== 1);
}

/** @param {Uint8Array} bytes */
function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
