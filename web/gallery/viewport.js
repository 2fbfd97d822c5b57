// The part of a grid that is on the screen, as a hook.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** The range is rounded to steps, so that scrolling does not render the grid for every pixel. */
const STEP_PX = 200;

/**
 * The width of an element, its vertical range on the screen with a margin above and below, and the exact position of the
 * screen's top, in CSS pixels.
 * @param {{ current: HTMLElement | null }} list @param {number} margin
 */
export function useViewport(list, margin) {
  const width = useSignal(0);
  const range = useSignal({ from: 0, to: 0 });
  const top = useRef(0);
  useEffect(() => {
    const element = /** @type {HTMLElement} */ (list.current);
    let frame = 0;
    const update = () => {
      frame = 0;
      top.current = -element.getBoundingClientRect().top;
      const from = Math.floor((top.current - margin) / STEP_PX) * STEP_PX;
      const to = Math.ceil((top.current + innerHeight + margin) / STEP_PX) * STEP_PX;
      if (from !== range.peek().from || to !== range.peek().to) range.value = { from, to };
    };
    const onScroll = () => (frame ||= requestAnimationFrame(update));
    const resizes = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
      update();
    });
    resizes.observe(element);
    addEventListener("scroll", onScroll, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      resizes.disconnect();
      removeEventListener("scroll", onScroll);
    };
  }, []);
  return { width, range, top };
}
