// Wheel, mouse and fingers on the picture, as zooming, panning and swipes.
import { useEffect, useRef } from "preact/hooks";
import { swipeOf } from "./zoom.js";

/** @import { Point } from "./zoom.js" */

/**
 * What gestures do. Points are relative to the centre of the frame.
 * @typedef {object} GestureActions
 * @property {() => boolean} isZoomed
 * @property {(factor: number, point: Point) => void} zoomBy
 * @property {(by: Point) => void} panBy
 * @property {(point: Point) => void} toggleCloseUp
 * @property {(moved: Point) => void} drag shows how far a finger has moved a picture that is not zoomed
 * @property {(direction: "older" | "newer" | "close") => void} swipe
 */

const DOUBLE_TAP_MS = 300;
/** A finger or a hand is not still. */
const TAP_RADIUS_PX = 16;
/** A notch of a wheel is about 100 pixels, which zooms by a fifth. */
const ZOOM_PER_WHEEL_PX = 0.002;

/** @param {{ current: HTMLElement | null }} frame @param {GestureActions} given */
export function useGestures(frame, given) {
  const actions = useRef(given);
  actions.current = given;
  useEffect(() => attach(/** @type {HTMLElement} */ (frame.current), () => actions.current), []);
}

/** Returns a function that removes the listeners. @param {HTMLElement} element @param {() => GestureActions} actions */
function attach(element, actions) {
  /** Where each finger or button is down. @type {Map<number, Point>} */
  const down = new Map();
  let moved = { x: 0, y: 0 };
  /** Whether two fingers were down since the last time none was. */
  let isPinch = false;
  let lastTap = { timeMs: -Infinity, x: 0, y: 0 };

  /** @param {MouseEvent} event @returns {Point} */
  const pointOf = (event) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 };
  };

  /** @param {WheelEvent} event */
  const onWheel = (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    // A pinch on a touchpad is a wheel event with the control key, in smaller steps.
    const speed = ZOOM_PER_WHEEL_PX * (event.ctrlKey ? 5 : 1);
    actions().zoomBy(Math.exp(-event.deltaY * lines * speed), pointOf(event));
  };

  /** @param {PointerEvent} event */
  const onDown = (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    if (down.size === 0) [moved, isPinch] = [{ x: 0, y: 0 }, false];
    down.set(event.pointerId, pointOf(event));
    isPinch ||= down.size > 1;
  };

  /** @param {PointerEvent} event */
  const onMove = (event) => {
    const from = down.get(event.pointerId);
    if (from === undefined) return;
    const to = pointOf(event);
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    down.set(event.pointerId, to);
    if (others[0]) {
      pinch(others[0], from, to);
      return;
    }
    const by = { x: to.x - from.x, y: to.y - from.y };
    moved = { x: moved.x + by.x, y: moved.y + by.y };
    if (actions().isZoomed()) actions().panBy(by);
    else if (event.pointerType !== "mouse" && !isPinch) actions().drag(moved);
  };

  /** One finger moves while another one is still. @param {Point} still @param {Point} from @param {Point} to */
  const pinch = (still, from, to) => {
    const middle = { x: (still.x + to.x) / 2, y: (still.y + to.y) / 2 };
    const factor = distance(still, to) / Math.max(1, distance(still, from));
    actions().zoomBy(factor, middle);
    actions().panBy({ x: (to.x - from.x) / 2, y: (to.y - from.y) / 2 });
  };

  /** @param {PointerEvent} event */
  const onUp = (event) => {
    if (!down.delete(event.pointerId) || down.size > 0) return;
    actions().drag({ x: 0, y: 0 });
    if (isPinch) return;
    if (Math.hypot(moved.x, moved.y) < TAP_RADIUS_PX) onTap(event);
    else if (event.pointerType !== "mouse" && !actions().isZoomed()) {
      const direction = swipeOf(moved);
      if (direction) actions().swipe(direction);
    }
  };

  /** `dblclick` is not sent for fingers in all browsers. @param {PointerEvent} event */
  const onTap = (event) => {
    const point = pointOf(event);
    const isSecond = event.timeStamp - lastTap.timeMs < DOUBLE_TAP_MS && distance(point, lastTap) < 2 * TAP_RADIUS_PX;
    lastTap = { timeMs: isSecond ? -Infinity : event.timeStamp, ...point };
    if (isSecond) actions().toggleCloseUp(point);
  };

  /** @param {PointerEvent} event */
  const onCancel = (event) => {
    down.delete(event.pointerId);
    actions().drag({ x: 0, y: 0 });
  };

  const listeners = new AbortController();
  const options = { signal: listeners.signal };
  element.addEventListener("wheel", onWheel, { ...options, passive: false });
  element.addEventListener("pointerdown", onDown, options);
  element.addEventListener("pointermove", onMove, options);
  element.addEventListener("pointerup", onUp, options);
  element.addEventListener("pointercancel", onCancel, options);
  return () => listeners.abort();
}

/** @param {Point} a @param {Point} b */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
