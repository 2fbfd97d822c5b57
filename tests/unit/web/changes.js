// An API that has the changes of an owner, for tests of `sync`.
import { Problem } from "../../../web/client/problem.js";

export const problem = (code, status) => new Problem({ code, status, detail: code, request_id: "request" });

export const photo = (photo_id, title = null) => ({ photo_id, title, status: "ready" });

/**
 * A client whose cursors are the numbers of changes before them. `failures` are thrown first, one per request; with
 * `firstKept`, earlier cursors have expired.
 */
export class Changes {
  log = [];
  failures = [];
  requests = [];
  firstKept = 0;
  /** How many changes each request repeats. */
  overlap = 0;
  pageSize = 2;

  upsert(...photos) {
    this.log.push(...photos.map((each) => ({ type: "upserted", photo: each })));
  }

  remove(...photoIds) {
    this.log.push(...photoIds.map((photo_id) => ({ type: "deleted", photo_id })));
  }

  /** Forget the changes so far; photos that still exist are reported from the beginning. */
  expire(...photos) {
    this.firstKept = this.log.length;
    this.upsert(...photos);
  }

  async changes({ cursor, limit, start: from }, { signal }) {
    signal.throwIfAborted();
    this.requests.push([cursor ?? from, limit]);
    if (this.failures.length > 0) throw this.failures.shift();
    if (cursor !== undefined && Number(cursor) < this.firstKept) throw problem("CursorExpired", 410);
    if (from === "now") return { changes: [], next_cursor: String(this.log.length), has_more: false };
    const start = Math.max(this.firstKept, Number(cursor ?? this.firstKept));
    const end = Math.min(start + this.pageSize, this.log.length);
    const changes = this.log.slice(Math.max(this.firstKept, start - this.overlap), end);
    // Each photo appears once, by its last change.
    const last = new Map(changes.map((change) => [change.photo_id ?? change.photo.photo_id, change]));
    return { changes: [...last.values()], next_cursor: String(end), has_more: end < this.log.length };
  }
}
