// Error messages for users.
import { SignInError, SignInUnavailable } from "./client/cognito.js";
import { Problem, UploadError } from "./client/problem.js";
import { formatBytes } from "./format.js";

/** @import { ProblemCode } from "./client/contract.js" */

/** By problem code. `…` is replaced by the problem's `detail`, where that describes the file. @type {Record<ProblemCode, string>} */
const MESSAGES = {
  CorruptImage: "The file is damaged. … Try another copy.",
  CursorExpired: "The list is outdated. Reload the page.",
  IdempotencyKeyReused: "The server rejected the request. Try again.",
  IngestInProgress: "The photo is still being processed. Try again in a moment.",
  IngestTimedOut: "Processing took too long. Try again in a moment.",
  InternalError: "The server failed to process the request. Try again later.",
  InvalidRequest: "The server rejected the request. …",
  MethodNotAllowed: "The server does not support this request.",
  PhotoNotFound: "This photo no longer exists.",
  PhotoNotTrashed: "This photo is not in the trash.",
  PhotoTrashed: "This photo is in the trash. Restore it first.",
  PreconditionFailed: "The photo was changed elsewhere.",
  QuotaExceeded: "Your storage is full. …",
  RequestInProgress: "The same request is still in progress. Try again in a moment.",
  RouteNotFound: "The server does not support this request.",
  TooManyFrames: "The animation has too many frames. …",
  TooManyPixels: "The image is too large. … Try a smaller copy.",
  TooManyRequests: "Too many requests. Try again in a moment.",
  Unauthorized: "You are signed out. Sign in again.",
  UnsupportedFormat: "Unsupported format. Upload a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC file.",
  UploadMissing: "The upload did not arrive. Choose the file again.",
  UploadNotExpected: "This photo takes no upload any more.",
  UploadTooLarge: "The file is too large. …",
};

/** The message for an error that a client module throws. Rethrows any other error. @param {unknown} error */
export function errorMessage(error) {
  if (error instanceof Problem) return MESSAGES[error.code].replace("…", readableDetail(error));
  if (error instanceof SignInError) return error.message;
  if (error instanceof SignInUnavailable) return "The sign-in service is not available. Try again in a moment.";
  if (error instanceof UploadError) return `${error.message} Try again.`;
  if (error instanceof DOMException) return "The file cannot be read. Choose it again.";
  if (error instanceof TypeError) return "The server cannot be reached. Check the connection and try again.";
  throw error;
}

/** @param {Problem} problem */
function readableDetail({ code, message }) {
  if (code !== "UploadTooLarge") return message;
  return message.replace("size_bytes", "Its size").replace(/(\d{4,})( bytes)?/g, (_, count) => formatBytes(Number(count)));
}
