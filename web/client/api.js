// The client of the API. Its types are generated from the contract (api/openapi.yaml).
import createClient from "openapi-fetch";
import { fetchWithRetries } from "./retry.js";

/** @import { NewPhoto, PhotoEdit, PhotoOperation, Problem as ProblemDocument, paths } from "./contract.js" */
/** @typedef {NonNullable<paths["/photos"]["get"]["parameters"]["query"]>} PhotoQuery */
/** @import { Session } from "./cognito.js" */

/** The problem document of a response with an error status (RFC 9457). */
export class Problem extends Error {
  /** @param {ProblemDocument} document */
  constructor({ code, detail, status, request_id }) {
    super(detail);
    this.code = code;
    this.status = status;
    this.requestId = request_id;
  }
}

/** The routes of the API for one signed-in user. Every method throws Problem, or TypeError without a connection. */
export class PhotoSky {
  /** @type {import("openapi-fetch").Client<paths>} */
  #routes;
  /** @type {(request: Request) => Promise<Response>} */
  #fetchOnce;

  /** @param {string} apiUrl without a slash at its end @param {Session} session */
  constructor(apiUrl, session) {
    this.#fetchOnce = (request) => fetchWithRetries(request, session, { isRepeatable: false });
    this.#routes = createClient({ baseUrl: apiUrl, fetch: (request) => fetchWithRetries(request, session) });
  }

  /** List photos, one page at a time. @param {PhotoQuery} query with the `next_cursor` of the previous page as `cursor` */
  async list(query) {
    return unwrap(await this.#routes.GET("/photos", { params: { query } })).data;
  }

  /**
   * Create a photo. The result has no upload form if the owner has a photo with the same bytes. The key lets a request
   * that is repeated after a lost connection create no second photo.
   * @param {NewPhoto} body @param {string} [key]
   */
  async create(body, key = crypto.randomUUID()) {
    const params = { header: { "Idempotency-Key": key } };
    return unwrap(await this.#routes.POST("/photos", { params, body })).data;
  }

  /** Ingest an uploaded photo, and wait for the result. @param {string} photo_id */
  async ingest(photo_id) {
    const { data, requestId } = unwrap(await this.#routes.POST("/photos/{photo_id}/ingest", withId(photo_id)));
    return { photo: data, requestId };
  }

  /** Read a photo in any status, and the ETag of its version. @param {string} photo_id */
  async read(photo_id) {
    const { data, etag } = unwrap(await this.#routes.GET("/photos/{photo_id}", withId(photo_id)));
    return { photo: data, etag };
  }

  /**
   * Edit a photo. Throws a Problem with the code PreconditionFailed if `etag` is not that of its current version.
   * @param {string} photo_id @param {PhotoEdit} body @param {string} [etag] without it, any version is edited
   */
  async edit(photo_id, body, etag) {
    const params = { path: { photo_id }, header: etag ? { "If-Match": etag } : {} };
    const result = unwrap(await this.#routes.PATCH("/photos/{photo_id}", { params, body }));
    return { photo: result.data, etag: result.etag };
  }

  /**
   * Perform up to 100 operations, each with its own result. A batch with deletions is sent only once, even if the
   * connection fails: a second deletion removes the photo that the first one moved to the trash.
   * @param {PhotoOperation[]} operations
   */
  async change(operations) {
    const isRepeatable = operations.every(({ op }) => op !== "delete");
    const body = { operations };
    // With `keepalive`, the request outlives the page. It allows 64 KiB in all (Fetch standard, section 4.6), so only
    // deletions have it: a hundred take 9 kB.
    const options = isRepeatable ? { body } : { body, keepalive: true, fetch: this.#fetchOnce };
    return unwrap(await this.#routes.POST("/photos/batch", options)).data.results;
  }

  /** Get a URL that downloads the original under its filename. It needs no token. @param {string} photo_id */
  async originalUrl(photo_id) {
    return unwrap(await this.#routes.GET("/photos/{photo_id}/original", withId(photo_id))).data.url;
  }
}

/** @param {string} photo_id */
function withId(photo_id) {
  return { params: { path: { photo_id } } };
}

/**
 * The body and the headers of a successful response. Throws Problem for an error response.
 * @template T
 * @param {{ data?: T, error?: unknown, response: Response }} result
 */
function unwrap({ data, error, response }) {
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
