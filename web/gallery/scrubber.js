// The scrubber: a slider over the months of all photos, at the right edge.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { formatCount } from "../format.js";
import { formatMonth } from "./capture.js";
import { HEADER_PX } from "./grid.js";
import { monthAfterKey, monthAt, startsOf, yearsOf } from "./months.js";
import { monthOf, topOfMonth } from "./sections.js";
import { months as timeline } from "./timeline.js";

/** @import { AsideProps } from "./grid.js" */
/** @import { Month } from "./blocks.js" */
/** @import { Layout } from "./sections.js" */

/** The height of a year. */
const YEAR_PX = 24;

/** @param {AsideProps} props */
export function Scrubber({ layout, top, grid }) {
  const track = useRef(/** @type {HTMLDivElement | null} */ (null));
  const months = timeline.value ?? [];
  const starts = startsOf(months);
  /** The month under the pointer. @type {import("@preact/signals").Signal<number | null>} */
  const pointed = useSignal(null);
  const hasFocus = useSignal(false);
  const isDragging = useRef(false);
  /** The last chosen month: near the end, the page cannot scroll to it. */
  const chosen = useSignal(0);
  const value = currentIndex(months, layout, top.current + HEADER_PX + 1, chosen.value);
  const shown = pointed.value ?? (hasFocus.value ? value : null);

  const jump = (/** @type {number} */ index) => {
    chosen.value = index;
    const place = topOfMonth(layout, months[index]?.period ?? "");
    if (place === undefined || grid.current === null) return;
    scrollTo({ top: scrollY + grid.current.getBoundingClientRect().top + place - HEADER_PX, behavior: "instant" });
  };
  const indexAt = (/** @type {PointerEvent} */ { clientY }) => {
    const { top: start, height } = /** @type {HTMLElement} */ (track.current).getBoundingClientRect();
    return monthAt(starts, (clientY - start) / height);
  };
  const onPointerDown = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    track.current?.setPointerCapture(event.pointerId);
    isDragging.current = true;
    pointed.value = indexAt(event);
    jump(pointed.value);
  };
  const onPointerMove = (/** @type {PointerEvent} */ event) => {
    const index = indexAt(event);
    if (isDragging.current && index !== pointed.value) jump(index);
    pointed.value = index;
  };
  const onPointerEnd = () => {
    isDragging.current = false;
    pointed.value = null;
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const index = monthAfterKey(months, value, event.key);
    if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    jump(index);
  };
  return html`
    <div
      ref=${track}
      class="scrubber"
      role="slider"
      tabindex="0"
      aria-label="Timeline"
      aria-orientation="vertical"
      aria-valuemin="0"
      aria-valuemax=${months.length - 1}
      aria-valuenow=${months.length - 1 - value}
      aria-valuetext=${textOf(months[value])}
      onPointerDown=${onPointerDown}
      onPointerMove=${onPointerMove}
      onPointerUp=${onPointerEnd}
      onPointerCancel=${onPointerEnd}
      onPointerLeave=${() => !isDragging.current && onPointerEnd()}
      onFocus=${() => (hasFocus.value = true)}
      onBlur=${() => (hasFocus.value = false)}
      onKeyDown=${onKeyDown}
    >
      ${yearsOf(months, starts, YEAR_PX / Math.max(1, innerHeight - 150)).map(
        ({ year, place }) => html`<span key=${year} class="year" style=${{ top: `${100 * place}%` }}>${year}</span>`,
      )}
      <span class="thumb" style=${{ top: `${100 * (starts[value] ?? 0)}%` }}></span>
      ${shown !== null && html`<span class="bubble" style=${{ top: `${100 * (starts[shown] ?? 0)}%` }}>${textOf(months[shown])}</span>`}
    </div>
  `;
}

/** The month on top of the screen; at the end of the page, the chosen one. @param {Month[]} months @param {Layout} layout @param {number} eye @param {number} chosen */
function currentIndex(months, layout, eye, chosen) {
  const section = layout.sections.findLast(({ top }) => top <= eye) ?? layout.sections[0];
  const month = section && monthOf(section);
  const index = month ? months.findIndex(({ period }) => period <= month) : 0;
  const isAtEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  return isAtEnd ? Math.max(index, chosen) : Math.max(0, index);
}

/** @param {Month | undefined} month */
function textOf(month) {
  return month && `${formatMonth(month.period)}, ${formatCount(month.count)} ${month.count === 1 ? "photo" : "photos"}`;
}
