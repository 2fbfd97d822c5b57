// Which files are meant when somebody chooses or drops some: pictures, from folders too.

/** What browsers do not always know. @type {Readonly<Record<string, string>>} */
const TYPES = {
  avif: "image/avif",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  tif: "image/tiff",
  tiff: "image/tiff",
  webp: "image/webp",
};
const LITTER = new Set(["thumbs.db", "desktop.ini"]);

/** The media type by the browser's word or, where it has none, by the name. @param {File} file */
export function contentType(file) {
  const extension = file.name.split(".").at(-1)?.toLowerCase() ?? "";
  return file.type || TYPES[extension] || "application/octet-stream";
}

/**
 * Sort out what came along with a folder. A file that somebody named is always meant; why it is refused, if it is, the
 * API says.
 * @param {File[]} files @param {boolean} ofFolder
 * @returns {{ pictures: File[], others: number }} `others` does not count what file managers and hidden folders hold
 */
export function sorted(files, ofFolder) {
  if (!ofFolder) return { pictures: files, others: 0 };
  const seen = files.filter((file) => {
    const names = (file.webkitRelativePath || file.name).split("/");
    return !names.some((name) => name.startsWith(".")) && !LITTER.has(file.name.toLowerCase());
  });
  const pictures = seen.filter((file) => contentType(file).startsWith("image/"));
  return { pictures, others: seen.length - pictures.length };
}

/**
 * What was dropped, folders opened.
 * @param {DataTransfer} dropped @returns {Promise<{ named: File[], inFolders: File[] }>}
 */
export async function filesOf(dropped) {
  // The list is emptied when the event is over: everything is taken from it before the first await.
  const items = [...dropped.items].filter(({ kind }) => kind === "file");
  const folders = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null && isFolder(entry));
  const named = items.filter((item) => !item.webkitGetAsEntry()?.isDirectory).map((item) => item.getAsFile());
  const inFolders = await Promise.all(folders.map(everythingIn));
  return { named: named.filter((file) => file !== null), inFolders: inFolders.flat() };
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<File[]>} */
async function everythingIn(folder) {
  if (folder.name.startsWith(".")) return [];
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break; // Chromium gives a hundred at a time.
    found.push(...(await Promise.all(some.filter(isFile).map(fileOf))));
    for (const below of some.filter(isFolder)) found.push(...(await everythingIn(below)));
  }
  return found;
}

/** @param {FileSystemEntry} entry @returns {entry is FileSystemFileEntry} */
function isFile(entry) {
  return entry.isFile;
}

/** @param {FileSystemEntry} entry @returns {entry is FileSystemDirectoryEntry} */
function isFolder(entry) {
  return entry.isDirectory;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
