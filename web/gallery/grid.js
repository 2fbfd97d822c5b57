// The grid: all photos in justified rows, of which only those near the screen are in the document.
import { signal, useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { between, justified, neighbour, styleOf } from "./layout.js";
import { complete, failure, more, photos, refresh } from "./photos.js";
import { placeholder, renditions, srcset } from "./picture.js";
import { nameOf, reason } from "../words.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Signal } from "@preact/signals" */
/** @import { Box } from "./layout.js" */

/** So much above and below the screen is there already when somebody scrolls to it. */
const AHEAD_PX = 800;

/** The photo that has the focus, or had it last: the one that Tab goes to. @type {Signal<{ photoId: string } | null>} */
const current = signal(null);
/** Whether it is to have the focus as soon as it is in the document. */
let wantsFocus = false;

/** Give the focus to a photo, wherever it is. @param {string} photoId */
export function focusOn(photoId) {
  wantsFocus = true;
  current.value = { photoId }; // Always another object: the grid is drawn, and the focus given, also where it was before.
}

export function Grid() {
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  const width = useSignal(0);
  const visible = useSignal({ from: 0, to: 0 });

  useEffect(() => {
    const element = /** @type {HTMLUListElement} */ (list.current);
    let frame = 0;
    const look = () => {
      frame = 0;
      const top = -element.getBoundingClientRect().top;
      // Whole steps: the list is drawn anew once in a while, not for every pixel.
      const from = Math.floor((top - AHEAD_PX) / 200) * 200;
      const to = Math.ceil((top + innerHeight + AHEAD_PX) / 200) * 200;
      if (from !== visible.peek().from || to !== visible.peek().to) visible.value = { from, to };
    };
    const later = () => (frame ||= requestAnimationFrame(look));
    const resized = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
      look();
    });
    const reached = new IntersectionObserver(([entry]) => entry?.isIntersecting && void more(), { rootMargin: "1500px" });
    resized.observe(element);
    reached.observe(/** @type {HTMLDivElement} */ (end.current));
    addEventListener("scroll", later, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      reached.disconnect();
      removeEventListener("scroll", later);
    };
  }, []);

  const shown = photos.value;
  const { boxes, height } = useMemo(() => {
    const ratios = shown.map((photo) => photo.width / photo.height);
    const isNarrow = width.value < 600;
    return justified(ratios, { width: width.value, rowHeight: isNarrow ? 140 : 220, gap: isNarrow ? 4 : 8 });
  }, [shown, width.value]);

  // A page that fills less than the screen does not move the end of the list: ask again until it does.
  useEffect(() => {
    if (height < visible.value.to && failure.value === null) void more();
  }, [height, visible.value]);

  const { first, end: last } = between(boxes, visible.value.from, visible.value.to);
  const near = shown.slice(first, last).map((_, offset) => first + offset);
  const found = shown.findIndex((photo) => photo.photo_id === current.value?.photoId);
  const inTabOrder = found >= 0 ? found : between(boxes, visible.value.from + AHEAD_PX, visible.value.to).first;
  if (found >= 0 && (found < first || found >= last)) near.push(found);

  useLayoutEffect(() => {
    if (!wantsFocus) return;
    wantsFocus = false;
    /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector("a[tabindex='0']"))?.focus();
  });

  /** @param {KeyboardEvent} event */
  const move = (event) => {
    const to = destination(event.key, inTabOrder, boxes);
    const photo = to === undefined || event.ctrlKey || event.metaKey || event.altKey ? undefined : shown[to];
    if (photo === undefined) return;
    event.preventDefault();
    focusOn(photo.photo_id);
  };

  return html`
    <ul class="grid" ref=${list} style=${{ height: `${height}px` }} aria-label="Your photos" onKeyDown=${move}>
      ${width.value > 0 &&
      near.map((index) => {
        const photo = /** @type {ReadyPhoto} */ (shown[index]);
        return html`<${Tile}
          key=${photo.photo_id}
          photo=${photo}
          box=${boxes[index]}
          position=${index + 1}
          count=${complete.value ? shown.length : -1}
          isInTabOrder=${index === inTabOrder}
          onFocus=${() => index !== found && (current.value = { photoId: photo.photo_id })}
        />`;
      })}
    </ul>
    <div ref=${end}></div>
    <${State} isEmpty=${shown.length === 0} />
  `;
}

/** @param {{ isEmpty: boolean }} props */
function State({ isEmpty }) {
  if (failure.value !== null) {
    return html`<div class="empty" role="alert">
      <p>${reason(failure.value)}</p>
      <button type="button" onClick=${more}>Try again</button>
    </div>`;
  }
  if (!complete.value) return html`<p class="empty">Loading …</p>`;
  if (!isEmpty) return null;
  return html`<div class="empty">
    <h2>No photos yet</h2>
    <p>Add some, or drop pictures and folders anywhere on this page.</p>
  </div>`;
}

/** @param {string} key @param {number} index @param {Box[]} boxes */
function destination(key, index, boxes) {
  switch (key) {
    case "ArrowLeft":
      return index - 1;
    case "ArrowRight":
      return index + 1;
    case "ArrowUp":
      return neighbour(boxes, index, -1);
    case "ArrowDown":
      return neighbour(boxes, index, 1);
    case "Home":
      return 0;
    case "End":
      return boxes.length - 1;
    default:
      return undefined;
  }
}

/**
 * @param {{ photo: ReadyPhoto, box: Box, position: number, count: number, isInTabOrder: boolean, onFocus: () => void }} props
 * `count` is -1 while there are more
 */
function Tile({ photo, box, position, count, isInTabOrder, onFocus }) {
  const isLoaded = useSignal(false);
  const backgroundImage = isLoaded.value ? "none" : `url(${placeholder(photo.placeholder)})`;
  return html`
    <li class="tile" style=${{ ...styleOf(box), backgroundImage }} aria-posinset=${position} aria-setsize=${count}>
      <a href=${`#/photos/${photo.photo_id}`} tabindex=${isInTabOrder ? 0 : -1} data-photo=${photo.photo_id} onFocus=${onFocus}>
        <img
          src=${renditions(photo)[0]?.url}
          srcset=${srcset(photo)}
          sizes=${`${Math.ceil(box.width)}px`}
          alt=${nameOf(photo)}
          decoding="async"
          onLoad=${() => (isLoaded.value = true)}
          onError=${() => refresh(photo.photo_id)}
        />
        ${photo.favorite && html`<span class="heart" role="img" aria-label="Favorite">♥</span>`}
      </a>
    </li>
  `;
}
