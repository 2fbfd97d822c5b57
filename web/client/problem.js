// The errors of the API and of S3.

/** @import { Problem as ProblemDocument } from "./contract.js" */

/** The problem document of a response with an error status (RFC 9457). */
export class Problem extends Error {
  /** @param {ProblemDocument} document */
  constructor({ code, detail, status, request_id, errors = [] }) {
    super(detail);
    this.code = code;
    this.status = status;
    this.requestId = request_id;
    /** The wrong parts of a request with the code InvalidRequest. */
    this.errors = errors;
  }
}

/** Statuses of a response that the API did not make: it may have performed the request. */
const GATEWAY_STATUSES = [502, 503, 504];

/** Whether the response to a request was lost, so that its result is unknown. @param {unknown} error */
export function isLost(error) {
  return error instanceof TypeError || (error instanceof Problem && GATEWAY_STATUSES.includes(error.status));
}

/** Whether the same request can succeed later. @param {unknown} error */
export function isTransient(error) {
  return isLost(error) || (error instanceof Problem && [429, 500].includes(error.status));
}

/**
 * The body and the headers of a successful response. Throws Problem for an error response.
 * @template T
 * @param {{ data?: T, error?: unknown, response: Response }} result
 */
export function unwrap({ data, error, response }) {
  const requestId = response.headers.get("X-Request-Id") ?? "";
  if (!response.ok) throw new Problem(isProblem(error) ? error : unknownProblem(response, requestId));
  return { data: /** @type {T} */ (data), etag: response.headers.get("ETag") ?? "", requestId };
}

/** @param {unknown} body @returns {body is ProblemDocument} */
function isProblem(body) {
  return typeof body === "object" && body !== null && "code" in body;
}

/**
 * The problem document for a response without one, such as that of a proxy.
 * @param {Response} response @param {string} request_id @returns {ProblemDocument}
 */
function unknownProblem({ status }, request_id) {
  const detail = `The response has status ${status} and no problem document.`;
  return { type: "about:blank", title: "Unexpected response", code: "InternalError", status, detail, request_id };
}

/** S3 rejected the upload. */
export class UploadError extends Error {
  /** @param {number} status @param {string} document of the error, in XML */
  constructor(status, document) {
    super(`S3 rejected the upload with status ${status}.`);
    this.status = status;
    /** Such as EntityTooLarge; empty without one. */
    this.code = /<Code>(\w+)<\/Code>/.exec(document)?.[1] ?? "";
  }
}
