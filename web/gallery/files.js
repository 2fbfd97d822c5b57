// The image files among those that the user chose or dropped, also from folders.

const SYSTEM_FILES = new Set(["thumbs.db", "desktop.ini"]);

/** The media type to declare: that of the browser for an image, else that of the first bytes. @param {File} file */
export async function mediaTypeOf(file) {
  if (file.type.startsWith("image/")) return file.type;
  const { detectFile } = await import("./formats.js"); // Browsers know most types.
  return (await detectFile(file)) || file.type || "application/octet-stream";
}

/**
 * Select the images of a folder. Files that the user chose one by one are all selected: if one is no image, the API
 * rejects it with a reason.
 * @param {File[]} files @param {boolean} areFromFolder
 * @returns {Promise<{ images: File[], skippedCount: number }>} `skippedCount` excludes hidden files and those of file managers
 */
export async function selectImages(files, areFromFolder) {
  if (!areFromFolder) return { images: files, skippedCount: 0 };
  const visible = files.filter((file) => {
    const names = (file.webkitRelativePath || file.name).split("/");
    return !names.some((name) => name.startsWith(".")) && !SYSTEM_FILES.has(file.name.toLowerCase());
  });
  const images = [];
  // One after the other, since a folder may have thousands of files.
  for (const file of visible) if ((await mediaTypeOf(file)).startsWith("image/")) images.push(file);
  return { images, skippedCount: visible.length - images.length };
}

/**
 * The files of a drop: those dropped themselves, and those in dropped folders.
 * @param {DataTransfer} transfer @returns {Promise<{ files: File[], folderFiles: File[] }>}
 */
export async function droppedFiles(transfer) {
  // The browser empties the list when the event handler returns, so all items are read before the first await.
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const folders = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null && isFolder(entry));
  const files = items.filter((item) => !item.webkitGetAsEntry()?.isDirectory).map((item) => item.getAsFile());
  const folderFiles = await Promise.all(folders.map(filesIn));
  return { files: files.filter((file) => file !== null), folderFiles: folderFiles.flat() };
}

/** All files below a folder; hidden folders are skipped. @param {FileSystemDirectoryEntry} folder @returns {Promise<File[]>} */
async function filesIn(folder) {
  if (folder.name.startsWith(".")) return [];
  const reader = folder.createReader();
  const files = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) break; // Chromium returns at most 100 entries at a time.
    files.push(...(await Promise.all(entries.filter(isFile).map(fileOf))));
    for (const subfolder of entries.filter(isFolder)) files.push(...(await filesIn(subfolder)));
  }
  return files;
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
