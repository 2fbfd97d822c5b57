// All that a frontend needs of this folder.
export * as accounts from "./accounts.js";
export { PhotoSky } from "./api.js";
export { Session, SignInError } from "./cognito.js";
export { IndexedDbStore } from "./indexeddbstore.js";
export { MemoryStore } from "./memorystore.js";
export { Problem, UploadError } from "./problem.js";
export { sync } from "./sync.js";
export { uploadPhoto } from "./upload.js";
