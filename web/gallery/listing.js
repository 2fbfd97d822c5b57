// A listing: the photos that match a query, loaded page by page from any place, and the selection among them.
import { computed, signal } from "@preact/signals";
import { api } from "../services.js";
import { captureKey, dayOf, daysAfter, lastDay } from "./capture.js";
import { NEWEST, extended, extentOf, isWhole, merged } from "./extents.js";
import { TILE_QUERY } from "./previews.js";
import { EMPTY, exactly } from "./selection.js";
import { known, now, remove, upsertListed } from "./store.js";

/** @import { Signal } from "@preact/signals" */
/** @import { PhotoQuery } from "../client/api.js" */
/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Direction, Extent } from "./extents.js" */
/** @import { Selection } from "./selection.js" */

/** Parameters of `GET /photos`. @typedef {Filter & { status: "ready" | "trashed", sort: "created_at" | "taken_at" }} Query */
/** @typedef {{ favorite?: true, tag?: string, taken_from?: string, taken_to?: string }} Filter */

/** The API's maximum, for the fewest round trips. */
const PAGE_SIZE = 100;

/** What each order sorts by. IDs are UUIDv7, so their order is that of creation. @type {Record<Query["sort"], (photo: ReadyPhoto) => string>} */
const KEYS = { created_at: ({ photo_id }) => photo_id, taken_at: captureKey };

export class Listing {
  /** @type {Promise<void> | null} */
  #loading = null;
  #generation = 0;

  /** @param {Query} query */
  constructor(query) {
    this.query = signal(query);
    /** @type {(photo: ReadyPhoto) => string} */
    this.keyOf = KEYS[query.sort];
    /** The loaded parts, newest first. @type {Signal<Extent[]>} */
    this.extents = signal([]);
    this.photos = computed(() => this.#list());
    this.isLoading = signal(false);
    /** Whether all photos are loaded. */
    this.isComplete = computed(() => isWhole(this.extents.value));
    /** Why the next page failed to load. @type {Signal<unknown>} */
    this.failure = signal(null);
    /** @type {Signal<Selection>} */
    this.selection = signal(EMPTY);
    this.selected = computed(() => this.photos.value.filter(({ photo_id }) => this.selection.value.ids.has(photo_id)));
  }

  /** Load the next page from the beginning. */
  loadMore() {
    const [first] = this.extents.peek();
    return first ? this.extend(first, "down") : this.open(null);
  }

  /** Load the next page above or below a loaded part. @param {Extent} extent @param {Direction} direction */
  extend(extent, direction) {
    return extent[direction] === null ? Promise.resolve() : this.#load(extent, direction);
  }

  /** Load from the end of a month, or from the newest photo. @param {string | null} month */
  open(month) {
    const down = { ...this.query.peek(), ...TILE_QUERY, order: /** @type {const} */ ("desc"), limit: PAGE_SIZE };
    if (month === null) return this.#load({ top: NEWEST, bottom: NEWEST, up: null, down }, "down");
    const day = lastDay(month);
    const up = { ...down, order: /** @type {const} */ ("asc"), taken_from: daysAfter(day, 1) };
    const top = `${month}~`; // Above all keys of the month.
    return this.#load({ top, bottom: top, up, down: { ...down, taken_to: day } }, "down");
  }

  /** Load all pages. Throws what a page fails with. */
  async loadAll() {
    while (!this.isComplete.peek()) {
      await this.loadMore();
      if (this.failure.peek() !== null) throw this.failure.peek();
    }
  }

  /**
   * The photos before and after a photo, which may have left the listing, in the same loaded part.
   * @param {ReadyPhoto} photo @param {ReadonlySet<string>} omitted IDs
   */
  neighbours(photo, omitted) {
    const key = this.keyOf(photo);
    const extent = extentOf(this.extents.value, key);
    const isNear = (/** @type {ReadyPhoto} */ other) =>
      extent !== undefined && !omitted.has(other.photo_id) && extentOf([extent], this.keyOf(other)) !== undefined;
    const near = this.photos.value.filter(isNear);
    return { extent, newer: near.findLast((other) => this.keyOf(other) > key), older: near.find((other) => this.keyOf(other) < key) };
  }

  /** Whether the place of a photo is loaded. @param {ReadyPhoto} photo */
  covers(photo) {
    return extentOf(this.extents.peek(), this.keyOf(photo)) !== undefined;
  }

  /** Select exactly these photos. @param {Iterable<ReadyPhoto>} photos */
  select(photos) {
    this.selection.value = exactly([...photos].map(({ photo_id }) => photo_id));
  }

  deselect() {
    this.selection.value = EMPTY;
  }

  /** List by another filter. @param {Filter} filter */
  show(filter) {
    const { status, sort } = this.query.peek();
    const query = { status, sort, ...filter };
    if (JSON.stringify(query) === JSON.stringify(this.query.peek())) return;
    this.query.value = query;
    this.restart();
  }

  /** Start again, since photos may have been changed elsewhere. */
  reset() {
    remove(this.photos.peek().map(({ photo_id }) => photo_id));
    this.restart();
  }

  restart() {
    this.#generation += 1; // The result of a request that is in progress is not used.
    this.#stopLoading();
    this.extents.value = [];
    this.failure.value = null;
    this.deselect();
  }

  #stopLoading() {
    this.#loading = null;
    this.isLoading.value = false;
  }

  #list() {
    const query = this.query.value;
    const extents = this.extents.value;
    const { keyOf } = this;
    const isListed = (/** @type {ReadyPhoto} */ photo) => matches(photo, query) && extentOf(extents, keyOf(photo)) !== undefined;
    return [...known.value.values()].filter(isListed).sort((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1));
  }

  /** Load one page, unless one is being loaded. @param {Extent} extent @param {Direction} direction */
  #load(extent, direction) {
    this.#loading ??= this.#loadPage(extent, direction, this.#generation);
    return this.#loading;
  }

  /** @param {Extent} extent @param {Direction} direction @param {number} generation */
  async #loadPage(extent, direction, generation) {
    this.failure.value = null;
    this.isLoading.value = true;
    const since = now();
    try {
      const page = await api.list(/** @type {PhotoQuery} */ (extent[direction]));
      if (generation !== this.#generation) return;
      upsertListed(page.photos, since);
      const last = page.photos.at(-1);
      const next = extended(extent, direction, { lastKey: last && this.keyOf(last), cursor: page.next_cursor });
      this.extents.value = merged([...this.extents.peek().filter((other) => other !== extent), next]);
    } catch (error) {
      if (generation === this.#generation) this.failure.value = error;
    } finally {
      if (generation === this.#generation) this.#stopLoading();
    }
  }
}

/** @param {ReadyPhoto} photo @param {Query} query */
function matches(photo, { status, favorite, tag, taken_from, taken_to }) {
  if (photo.status !== status || (favorite && !photo.favorite)) return false;
  if (tag !== undefined && !photo.tags.some((other) => other.toLowerCase() === tag.toLowerCase())) return false;
  const day = taken_from || taken_to ? dayOf(photo) : "";
  return (!taken_from || day >= taken_from) && (!taken_to || day <= taken_to);
}
