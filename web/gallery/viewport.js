// The part of a list that is on the screen, as a hook.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** The range is rounded to steps, so that scrolling does not render the list for every pixel. */
const STEP_PX = 200;
/** `onNearEnd` is called when the end of the list is closer to the screen than this. */
const NEAR_END_PX = 1500;

/**
 * The width of a list, and its vertical range on the screen with a margin above and below, in CSS pixels.
 * @param {{ current: HTMLElement | null }} list @param {{ current: HTMLElement | null }} end an element after the list
 * @param {number} margin @param {() => void} onNearEnd
 */
export function useViewport(list, end, margin, onNearEnd) {
  const width = useSignal(0);
  const range = useSignal({ from: 0, to: 0 });
  useEffect(() => {
    const element = /** @type {HTMLElement} */ (list.current);
    let frame = 0;
    const update = () => {
      frame = 0;
      const top = -element.getBoundingClientRect().top;
      const from = Math.floor((top - margin) / STEP_PX) * STEP_PX;
      const to = Math.ceil((top + innerHeight + margin) / STEP_PX) * STEP_PX;
      if (from !== range.peek().from || to !== range.peek().to) range.value = { from, to };
    };
    const onScroll = () => (frame ||= requestAnimationFrame(update));
    const resizes = new ResizeObserver(([entry]) => {
      width.value = entry?.contentRect.width ?? 0;
      update();
    });
    const options = { rootMargin: `${NEAR_END_PX}px` };
    const ends = new IntersectionObserver(([entry]) => entry?.isIntersecting && onNearEnd(), options);
    resizes.observe(element);
    ends.observe(/** @type {HTMLElement} */ (end.current));
    addEventListener("scroll", onScroll, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      resizes.disconnect();
      ends.disconnect();
      removeEventListener("scroll", onScroll);
    };
  }, []);
  return { width, range };
}
