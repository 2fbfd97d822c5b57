// Paths for links from one view to another. They are functions without imports, so that no view imports another.

export const GALLERY_PATH = "/";
export const TRASH_PATH = "/trash";
export const WORKFLOW_PATH = "/workflow";
export const ACCOUNT_PATH = "/account";

/** @param {string} photoId */
export function photoPath(photoId) {
  return `/photos/${photoId}`;
}

/** One execution. @param {string} name */
export function executionPath(name) {
  return `${WORKFLOW_PATH}/${encodeURIComponent(name)}`;
}

/** The newest execution for a photo. @param {string} photoId */
export function photoExecutionPath(photoId) {
  return `${WORKFLOW_PATH}/photo/${photoId}`;
}
