// The grid: all photos in justified rows.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { justified } from "./layout.js";
import { complete, more, photos } from "./photos.js";
import { placeholder, renditions, srcset } from "./picture.js";
import { nameOf } from "./words.js";

/** @import { ReadyPhoto } from "./api.js" */
/** @import { Box } from "./layout.js" */

export function Grid() {
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  const width = useSignal(0);
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => (width.value = entry?.contentRect.width ?? 0));
    const reached = new IntersectionObserver(([entry]) => entry?.isIntersecting && void more(), { rootMargin: "1500px" });
    if (list.current) resized.observe(list.current);
    if (end.current) reached.observe(end.current);
    return () => (resized.disconnect(), reached.disconnect());
  }, []);
  const shown = photos.value;
  const ratios = shown.map((photo) => photo.width / photo.height);
  const { boxes, height } = justified(ratios, { width: width.value, rowHeight: 220, gap: 8 });
  return html`
    <ul class="grid" ref=${list} style=${{ height }} aria-label="Photos">
      ${width.value > 0 && shown.map((photo, index) => html`<${Tile} key=${photo.photo_id} photo=${photo} box=${boxes[index]} />`)}
    </ul>
    <div ref=${end}></div>
    ${complete.value && shown.length === 0 && html`<p class="empty">No photos yet. Add some, or drop them anywhere on this page.</p>`}
  `;
}

/** @param {{ photo: ReadyPhoto, box: Box }} props */
function Tile({ photo, box }) {
  const style = { ...box, backgroundImage: `url(${placeholder(photo.placeholder)})` };
  return html`
    <li class="tile" style=${style}>
      <a href=${`#/photos/${photo.photo_id}`}>
        <img
          srcset=${srcset(photo)}
          sizes=${`${Math.ceil(box.width)}px`}
          src=${renditions(photo)[0]?.url}
          alt=${nameOf(photo)}
          loading="lazy"
          decoding="async"
        />
      </a>
    </li>
  `;
}
