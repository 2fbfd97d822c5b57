// What is told in words: why something was refused, sizes and times.
import { Problem, UploadRefused } from "./client/api.js";
import { SignInRefused } from "./client/cognito.js";

/** @import { ProblemCode } from "./client/contract.js" */

/** What is said about each code. `…` stands for the API's own detail, where that tells about the file. @type {Record<ProblemCode, string>} */
const SENTENCES = {
  CorruptImage: "The file is damaged. … Try another copy of it.",
  IngestInProgress: "It is still being worked on. Try again in a moment.",
  IngestTimedOut: "It took too long. Try again in a moment.",
  InternalError: "Something broke on the server. Try again later.",
  InvalidRequest: "The server does not accept this. …",
  MethodNotAllowed: "The server does not do this.",
  PhotoNotFound: "This photo is gone.",
  PreconditionFailed: "It was changed elsewhere in the meantime.",
  RouteNotFound: "The server does not know this.",
  TooManyFrames: "The animation is too long. …",
  TooManyPixels: "The picture is too large. … Try a smaller copy of it.",
  TooManyRequests: "That was too much at once. Try again in a moment.",
  Unauthorized: "You are signed out. Sign in again.",
  UnsupportedFormat: "This is no picture that can become a photo. JPEG, PNG, WebP, GIF, TIFF, AVIF and HEIC can.",
  UploadMissing: "The upload did not arrive. Choose the file again.",
  UploadTooLarge: "The file is too large. …",
};

/** Why something failed, for the person who tried. @param {unknown} error */
export function reason(error) {
  if (error instanceof Problem) return SENTENCES[error.code].replace("…", error.message);
  if (error instanceof SignInRefused) return error.message;
  if (error instanceof UploadRefused) return `${error.message} Try again.`;
  if (error instanceof DOMException) return "The file cannot be read; choose it again.";
  if (error instanceof TypeError) return "The server cannot be reached. Check the connection and try again.";
  throw error;
}

/** @param {number} count of bytes */
export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  const unit = count < 999_500 ? "kilobyte" : "megabyte";
  const value = count / (unit === "kilobyte" ? 1000 : 1_000_000);
  return value.toLocaleString("en", { style: "unit", unit, maximumSignificantDigits: 3 });
}

/** Day and time as written, whatever the zone: a camera's clock is where the camera was. @param {string} iso */
export function moment(iso) {
  const [wall = iso] = iso.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?/) ?? [];
  return new Date(`${wall}Z`).toLocaleString("en", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
}

/** What a photo is called. @param {{ title: string | null, filename: string }} photo */
export function nameOf({ title, filename }) {
  return title ?? filename;
}
