// The API's client, as any frontend would have it: types and paths are the contract's (api/openapi.yaml), and what is
// written here by hand is the token, patience, and the upload form, which goes to S3.
import createClient from "openapi-fetch";

/** @import { NewPhoto, PhotoEdit, Problem as ProblemDocument, UploadForm, paths } from "./contract.js" */
/** @import { Session } from "./cognito.js" */

/** How often a request is sent before its failure counts. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 500;
/** An upload of which nothing is heard for so long has lost its connection. */
const SILENCE_MS = 60_000;

/** What the API said instead of what was asked: a problem document (RFC 9457). */
export class Problem extends Error {
  /** @param {ProblemDocument} document */
  constructor({ code, detail, status, request_id }) {
    super(detail);
    this.code = code;
    this.status = status;
    this.requestId = request_id;
  }
}

/** S3 did not take the bytes. */
export class UploadRefused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`S3 answered ${status} to the upload.`);
    this.status = status;
  }
}

/** The routes of the API for one signed-in user. Every method throws Problem, or TypeError without a connection. */
export class PhotoSky {
  /** @type {import("openapi-fetch").Client<paths>} */
  #routes;

  /** @param {string} apiUrl without a slash at its end @param {Session} session */
  constructor(apiUrl, session) {
    this.#routes = createClient({ baseUrl: apiUrl, fetch: (request) => patiently(request, session) });
  }

  /**
   * One page of ready photos, newest first.
   * @param {string | null} cursor the `next_cursor` of the page before @param {number} limit
   */
  async page(cursor, limit) {
    const query = cursor === null ? { limit } : { limit, cursor };
    return given(await this.#routes.GET("/photos", { params: { query } })).data;
  }

  /** A new photo with its upload form; or without, when the owner has these bytes already. @param {NewPhoto} about */
  async create(about) {
    return given(await this.#routes.POST("/photos", { body: about })).data;
  }

  /** Let the uploaded bytes become a photo; waits for it. @param {string} photo_id */
  async ingest(photo_id) {
    const { data, requestId } = given(await this.#routes.POST("/photos/{photo_id}/ingest", at(photo_id)));
    return { photo: data, requestId };
  }

  /** A photo in any status, and the version to name when it is edited. @param {string} photo_id */
  async read(photo_id) {
    const { data, etag } = given(await this.#routes.GET("/photos/{photo_id}", at(photo_id)));
    return { photo: data, etag };
  }

  /**
   * Change a photo. PreconditionFailed says that `etag` is not its version any more.
   * @param {string} photo_id @param {PhotoEdit} body @param {string} [etag] without, any version is changed
   */
  async edit(photo_id, body, etag) {
    const params = { path: { photo_id }, header: etag ? { "If-Match": etag } : {} };
    const answer = given(await this.#routes.PATCH("/photos/{photo_id}", { params, body }));
    return { photo: answer.data, etag: answer.etag };
  }

  /** @param {string} photo_id @param {{ keepalive?: boolean }} [options] `keepalive` lets it outlive the page */
  async remove(photo_id, options = {}) {
    given(await this.#routes.DELETE("/photos/{photo_id}", { ...at(photo_id), ...options }));
  }

  /** A URL that downloads the original under its own filename; it needs no token. @param {string} photo_id */
  async original(photo_id) {
    return given(await this.#routes.GET("/photos/{photo_id}/original", at(photo_id))).data.url;
  }
}

/**
 * Send a file with the form that creating its photo gave: its fields first, the file last, no token. XMLHttpRequest,
 * because fetch does not tell how much is sent. Throws UploadRefused, or TypeError without a connection.
 * @param {UploadForm} form @param {Blob} file @param {(sent: number) => void} onProgress bytes
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function upload(form, file, onProgress, signal) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const broken = () => reject(new TypeError("The connection broke."));
    let silence = setTimeout(() => request.abort(), SILENCE_MS);
    request.upload.addEventListener("progress", ({ loaded }) => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MS);
      onProgress(Math.min(loaded, file.size));
    });
    request.addEventListener("load", () => {
      if (request.status < 300) resolve();
      else reject(new UploadRefused(request.status));
    });
    request.addEventListener("error", broken);
    request.addEventListener("abort", () => (signal.aborted ? reject(signal.reason) : broken()));
    request.addEventListener("loadend", () => clearTimeout(silence));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", form.url);
    request.send(body);
  });
}

/** Wait until the browser believes it has a connection. @returns {Promise<void>} */
export function online() {
  if (navigator.onLine) return Promise.resolve();
  return new Promise((resolve) => addEventListener("online", () => resolve(), { once: true }));
}

/** Wait longer after each failure, and not in step with others. @param {number} failures how many there were */
export function backoff(failures) {
  return pause(FIRST_PAUSE_MS * 2 ** failures * (0.5 + Math.random() / 2));
}

/** @param {number} milliseconds @returns {Promise<void>} */
function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * fetch that tries again: after a broken connection, after an answer with `Retry-After` (too many requests, an ingest
 * that is running), and with a new token when the old one is not taken. Every route may be repeated.
 * @param {Request} request @param {Session} session
 */
async function patiently(request, session) {
  let renewed = false;
  for (let failures = 0; ; failures++) {
    const last = failures === ATTEMPTS - 1;
    request.headers.set("Authorization", `Bearer ${await session.token()}`);
    let response;
    try {
      response = await fetch(request.clone());
    } catch (error) {
      if (last || request.signal.aborted) throw error;
      await backoff(failures);
      await online();
      continue;
    }
    const seconds = response.headers.get("Retry-After");
    if (response.status === 401 && !renewed) {
      renewed = true;
      await session.renew();
    } else if (seconds !== null && !last) {
      await pause(Number(seconds) * 1000);
    } else {
      return response;
    }
  }
}

/** @param {string} photo_id */
function at(photo_id) {
  return { params: { path: { photo_id } } };
}

/**
 * The body of an answer, with the headers that go with it; throws what the API said instead.
 * @template T
 * @param {{ data?: T, error?: unknown, response: Response }} answer
 */
function given({ data, error, response }) {
  const requestId = response.headers.get("X-Request-Id") ?? "";
  if (!response.ok) throw new Problem(isProblem(error) ? error : unexplained(response, requestId));
  return { data: /** @type {T} */ (data), etag: response.headers.get("ETag") ?? "", requestId };
}

/** @param {unknown} body @returns {body is ProblemDocument} */
function isProblem(body) {
  return typeof body === "object" && body !== null && "code" in body;
}

/**
 * For an answer that is none of the API's: something between refused, or broke.
 * @param {Response} response @param {string} request_id @returns {ProblemDocument}
 */
function unexplained({ status }, request_id) {
  const detail = `The answer has status ${status}, and says nothing.`;
  return { type: "about:blank", title: "No answer of the API", code: "InternalError", status, detail, request_id };
}
