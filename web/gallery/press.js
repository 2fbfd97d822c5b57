// A long press on a touch screen, as a hook.
import { useEffect, useRef } from "preact/hooks";

const LONG_PRESS_MS = 500;
/** A finger that moves further than this scrolls. */
const MAX_MOVE_PX = 10;

/**
 * Handlers for an element whose children can be pressed. The click that follows a long press is suppressed, and so is the
 * browser's menu for links and images.
 * @param {(target: Element) => void} onLongPress
 */
export function useLongPress(onLongPress) {
  const press = useRef({ timer: 0, x: 0, y: 0, isLong: false });
  const cancel = () => clearTimeout(press.current.timer);
  useEffect(() => cancel, []);

  /** @param {PointerEvent} event */
  const onPointerDown = ({ pointerType, isPrimary, clientX, clientY, target }) => {
    cancel();
    press.current.isLong = false;
    if (pointerType !== "touch" || !isPrimary) return;
    const fire = () => {
      press.current.isLong = true;
      onLongPress(/** @type {Element} */ (target));
    };
    press.current = { timer: setTimeout(fire, LONG_PRESS_MS), x: clientX, y: clientY, isLong: false };
  };
  /** @param {PointerEvent} event */
  const onPointerMove = ({ clientX, clientY }) => {
    if (Math.hypot(clientX - press.current.x, clientY - press.current.y) > MAX_MOVE_PX) cancel();
  };
  /** @param {PointerEvent} event */
  const onContextMenu = (event) => event.pointerType === "touch" && event.preventDefault();
  /** @param {MouseEvent} event */
  const onClickCapture = (event) => {
    if (!press.current.isLong) return;
    press.current.isLong = false;
    event.preventDefault();
    event.stopPropagation();
  };
  return { onPointerDown, onPointerMove, onPointerUp: cancel, onPointerCancel: cancel, onContextMenu, onClickCapture };
}
