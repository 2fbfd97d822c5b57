// Saves a file from another origin.

/**
 * Download a file, and save it under a name. It is fetched, because a browser cancels the navigation to one file when the
 * next one starts. Throws TypeError if it cannot be read.
 * @param {string} url @param {string} filename
 */
export async function save(url, filename) {
  const response = await fetch(url);
  if (!response.ok) throw new TypeError(`The response has status ${response.status}.`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = filename;
  link.click();
  // The browser reads the object when it starts to save, which is after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
