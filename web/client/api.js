// The client of the API. Its types are generated from the contract (api/openapi.yaml).
import createClient from "openapi-fetch";
import { unwrap } from "./problem.js";
import { fetchWithRetries } from "./retry.js";

/** @import { NewPhoto, PhotoEdit, PhotoOperation, paths } from "./contract.js" */
/** @import { TokenSource } from "./retry.js" */

/** @typedef {NonNullable<paths["/photos"]["get"]["parameters"]["query"]>} PhotoQuery the filters, the order and the page */
/** @typedef {NonNullable<paths["/changes"]["get"]["parameters"]["query"]>} ChangesQuery */
/** @typedef {NonNullable<NonNullable<paths["/timeline"]["get"]["parameters"]["query"]>["unit"]>} TimelineUnit */
/** @typedef {{ signal?: AbortSignal | undefined }} Options `signal` cancels the request, its retries and its waits */

/**
 * The routes of the API for one user. Every method throws Problem, TypeError without a connection, and the signal's reason
 * when it is aborted. `retry.js` decides which requests are repeated.
 */
export class PhotoSky {
  /** @type {import("openapi-fetch").Client<paths>} */
  #routes;
  /** @type {(request: Request) => Promise<Response>} */
  #fetchOnce;

  /** @param {string} apiUrl without a slash at its end @param {TokenSource} source */
  constructor(apiUrl, source) {
    this.#fetchOnce = (request) => fetchWithRetries(request, source, { isRepeatable: false });
    this.#routes = createClient({
      baseUrl: apiUrl,
      fetch: (request) => fetchWithRetries(request, source),
      querySerializer: { array: { style: "form", explode: false } }, // previews=thumb,small
    });
  }

  /** The state and the version of the deployment. Needs no token. @param {Options} [options] */
  async health(options) {
    const init = { ...signalOf(options), fetch: (/** @type {Request} */ request) => fetchWithRetries(request, null) };
    return unwrap(await this.#routes.GET("/health", init)).data;
  }

  /** List one page of photos. @param {PhotoQuery} query with the `next_cursor` of the previous page as `cursor` @param {Options} [options] */
  async list(query = {}, options) {
    return unwrap(await this.#routes.GET("/photos", { params: { query }, ...signalOf(options) })).data;
  }

  /** List photos, page by page: `for await (const { photos } of api.pages({ tag: "sea" }))`. @param {PhotoQuery} [query] @param {Options} [options] */
  async *pages(query = {}, options) {
    for (let next = query; ; ) {
      const page = await this.list(next, options);
      yield page;
      if (page.next_cursor === null) return;
      next = { ...query, cursor: page.next_cursor };
    }
  }

  /** Count the ready photos of each period, newest first. @param {TimelineUnit} [unit] @param {Options} [options] */
  async timeline(unit = "month", options) {
    return unwrap(await this.#routes.GET("/timeline", { params: { query: { unit } }, ...signalOf(options) })).data;
  }

  /** Read what the user's photos use, and the limits; a limit is null where there is none. @param {Options} [options] */
  async me(options) {
    return unwrap(await this.#routes.GET("/me", signalOf(options))).data;
  }

  /** List one page of changes. `sync` follows them. @param {ChangesQuery} [query] @param {Options} [options] */
  async changes(query = {}, options) {
    return unwrap(await this.#routes.GET("/changes", { params: { query }, ...signalOf(options) })).data;
  }

  /**
   * Create a photo. The result has no upload form if the owner has a photo with the same bytes. The key lets a request
   * that is repeated create no second photo; pass one to repeat the call itself, such as after a reload.
   * @param {NewPhoto} body @param {string} [key] @param {Options} [options]
   */
  async create(body, key = crypto.randomUUID(), options) {
    const params = { header: { "Idempotency-Key": key } };
    return unwrap(await this.#routes.POST("/photos", { params, body, ...signalOf(options) })).data;
  }

  /** Get a new upload form for a photo that awaits its upload or failed. @param {string} photo_id @param {Options} [options] */
  async renewForm(photo_id, options) {
    return unwrap(await this.#routes.POST("/photos/{photo_id}/upload", withId(photo_id, options))).data;
  }

  /** Ingest an uploaded photo, and wait for the result. @param {string} photo_id @param {Options} [options] */
  async ingest(photo_id, options) {
    const result = unwrap(await this.#routes.POST("/photos/{photo_id}/ingest", withId(photo_id, options)));
    return { photo: result.data, requestId: result.requestId };
  }

  /** Read a photo in any status, and the ETag of its version. @param {string} photo_id @param {Options} [options] */
  async read(photo_id, options) {
    const { data, etag } = unwrap(await this.#routes.GET("/photos/{photo_id}", withId(photo_id, options)));
    return { photo: data, etag };
  }

  /**
   * Read a photo unless it is still the one with this ETag; null then. Its preview URLs are valid in that case.
   * @param {string} photo_id @param {string} etag @param {Options} [options]
   */
  async readIfChanged(photo_id, etag, options) {
    const params = { path: { photo_id }, header: { "If-None-Match": etag } };
    const result = await this.#routes.GET("/photos/{photo_id}", { params, ...signalOf(options) });
    if (result.response.status === 304) return null;
    const changed = unwrap(result);
    return { photo: changed.data, etag: changed.etag };
  }

  /**
   * Edit a photo. Throws a Problem with the code PreconditionFailed if `etag` is not that of its current version.
   * @param {string} photo_id @param {PhotoEdit} body
   * @param {string} [etag] without it, any version is edited @param {Options} [options]
   */
  async edit(photo_id, body, etag, options) {
    const params = { path: { photo_id }, header: etag ? { "If-Match": etag } : {} };
    const result = unwrap(await this.#routes.PATCH("/photos/{photo_id}", { params, body, ...signalOf(options) }));
    return { photo: result.data, etag: result.etag };
  }

  /**
   * Move a ready photo to the trash; one that was never ready is removed. A photo that is in the trash stays there.
   * @param {string} photo_id
   * @param {Options & { isPermanent?: boolean, keepalive?: boolean }} [options] with `isPermanent`, the photo is removed at
   * once, also from the trash; with `keepalive`, the request outlives the page
   */
  async remove(photo_id, { isPermanent = false, keepalive = false, signal } = {}) {
    const query = isPermanent ? /** @type {const} */ ({ permanent: "true" }) : /** @type {const} */ ({ keep_trashed: "true" });
    unwrap(await this.#routes.DELETE("/photos/{photo_id}", { params: { path: { photo_id }, query }, keepalive, ...signalOf({ signal }) }));
  }

  /** Bring a photo back from the trash. @param {string} photo_id @param {Options} [options] */
  async restore(photo_id, options) {
    const { data, etag } = unwrap(await this.#routes.POST("/photos/{photo_id}/restore", withId(photo_id, options)));
    return { photo: data, etag };
  }

  /**
   * Perform up to 100 operations, each with its own result. A batch with a deletion that is neither `permanent` nor has
   * `keep_trashed` is sent only once, even if the response is lost: a second one would remove what the first one moved to
   * the trash. Read these photos before you send it again.
   * @param {PhotoOperation[]} operations @param {Options} [options]
   */
  async change(operations, options) {
    const isRepeatable = operations.every((operation) => operation.op !== "delete" || operation.permanent || operation.keep_trashed);
    // Deletions outlive the page. Other operations can exceed the 64 KiB of `keepalive` (Fetch standard, section 4.6).
    const keepalive = operations.every(({ op }) => op === "delete");
    const init = { body: { operations }, keepalive, ...signalOf(options) };
    const once = isRepeatable ? {} : { fetch: this.#fetchOnce };
    return unwrap(await this.#routes.POST("/photos/batch", { ...init, ...once })).data.results;
  }

  /** Get a URL that downloads the original under its filename. It needs no token. @param {string} photo_id @param {Options} [options] */
  async originalUrl(photo_id, options) {
    return unwrap(await this.#routes.GET("/photos/{photo_id}/original", withId(photo_id, options))).data.url;
  }
}

/** @param {string} photo_id @param {Options} [options] */
function withId(photo_id, options) {
  return { params: { path: { photo_id } }, ...signalOf(options) };
}

/** @param {Options} [options] */
function signalOf(options) {
  return { signal: options?.signal ?? null };
}
