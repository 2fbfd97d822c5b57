// A listing: the photos that match a query, loaded page by page, and the selection among them.
import { computed, signal } from "@preact/signals";
import { api } from "../services.js";
import { EMPTY, exactly } from "./selection.js";
import { known, now, remove, upsert } from "./store.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Selection } from "./selection.js" */

/** Parameters of `GET /photos`. @typedef {{ status: "ready" | "trashed" }} Query */

/** The API's maximum, for the fewest round trips. */
const PAGE_SIZE = 100;

export class Listing {
  /** @type {string | null} */
  #cursor = null;
  /** @type {Promise<void> | null} */
  #loading = null;
  #generation = 0;

  /** @param {Query} query */
  constructor(query) {
    this.query = query;
    this.photos = computed(() => [...known.value.values()].filter((photo) => matches(photo, query)).sort(newestFirst));
    this.pageCount = signal(0);
    this.isLoading = signal(false);
    /** Whether the last page is loaded. */
    this.isComplete = signal(false);
    /** Why the next page failed to load. @type {Signal<unknown>} */
    this.failure = signal(null);
    /** @type {Signal<Selection>} */
    this.selection = signal(EMPTY);
    this.selected = computed(() => this.photos.value.filter(({ photo_id }) => this.selection.value.ids.has(photo_id)));
  }

  /** Load the next page, unless it is loading or the last page is loaded. */
  loadMore() {
    if (this.isComplete.peek()) return Promise.resolve();
    this.#loading ??= this.#loadPage(this.#generation);
    return this.#loading;
  }

  /** Load all pages. Throws what a page fails with. */
  async loadAll() {
    while (!this.isComplete.peek()) {
      await this.loadMore();
      if (this.failure.peek() !== null) throw this.failure.peek();
    }
  }

  /** Select exactly these photos. @param {Iterable<ReadyPhoto>} photos */
  select(photos) {
    this.selection.value = exactly([...photos].map(({ photo_id }) => photo_id));
  }

  deselect() {
    this.selection.value = EMPTY;
  }

  /** Start again, since photos may have been changed elsewhere. */
  reset() {
    this.#generation += 1; // The result of a request that is in progress is not used.
    this.#stopLoading();
    this.#cursor = null;
    this.pageCount.value = 0;
    this.isComplete.value = false;
    this.failure.value = null;
    this.deselect();
    remove(this.photos.peek().map(({ photo_id }) => photo_id));
  }

  #stopLoading() {
    this.#loading = null;
    this.isLoading.value = false;
  }

  /** @param {number} generation */
  async #loadPage(generation) {
    this.failure.value = null;
    this.isLoading.value = true;
    const since = now();
    try {
      const page = await api.list({ ...this.query, limit: PAGE_SIZE, ...(this.#cursor && { cursor: this.#cursor }) });
      if (generation !== this.#generation) return;
      this.#cursor = page.next_cursor;
      upsert(page.photos, since);
      this.isComplete.value = page.next_cursor === null;
      this.pageCount.value += 1;
    } catch (error) {
      if (generation === this.#generation) this.failure.value = error;
    } finally {
      if (generation === this.#generation) this.#stopLoading();
    }
  }
}

/** @param {ReadyPhoto} photo @param {Query} query */
function matches(photo, query) {
  return photo.status === query.status;
}

/** IDs are UUIDv7, so their order is that of creation. @param {ReadyPhoto} a @param {ReadyPhoto} b */
function newestFirst(a, b) {
  return a.photo_id < b.photo_id ? 1 : -1;
}
