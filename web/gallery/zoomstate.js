// The zoom of the picture in the viewer, which keys, buttons and gestures change.
import { useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { WHOLE, closeUpScale, fitOf, panned, zoomedAt } from "./zoom.js";

/** @import { ReadonlySignal, Signal } from "@preact/signals" */
/** @import { Fit, Point, Zoom } from "./zoom.js" */

/**
 * @typedef {object} ZoomState
 * @property {Signal<{ width: number, height: number }>} frame in CSS pixels; the stage measures it
 * @property {ReadonlySignal<Fit>} fit
 * @property {ReadonlySignal<Zoom>} zoom
 * @property {ReadonlySignal<boolean>} isZoomed
 * @property {(factor: number, point?: Point) => void} zoomBy
 * @property {(by: Point) => void} panBy
 * @property {(point: Point) => void} toggleCloseUp
 * @property {() => void} reset
 */

const CENTRE = { x: 0, y: 0 };

/** Each photo starts as a whole. @param {string} photoId @param {{ width: number, height: number }} photo @returns {ZoomState} */
export function useZoom(photoId, { width, height }) {
  const frame = useSignal({ width: 0, height: 0 });
  const size = useSignal({ width, height });
  const zoom = useSignal(/** @type {Zoom} */ (WHOLE));
  const fit = useComputed(() => fitOf(size.value, frame.value));
  const isZoomed = useComputed(() => zoom.value.scale > 1);
  useLayoutEffect(() => {
    size.value = { width, height };
    zoom.value = WHOLE;
  }, [photoId, width, height]);

  /** @param {number} factor @param {Point} [point] */
  const zoomBy = (factor, point = CENTRE) => (zoom.value = zoomedAt(zoom.peek(), factor, point, fit.peek()));
  /** @param {Point} by */
  const panBy = (by) => (zoom.value = panned(zoom.peek(), by, fit.peek()));
  const reset = () => (zoom.value = WHOLE);
  /** @param {Point} point */
  const toggleCloseUp = (point) => {
    if (isZoomed.peek()) reset();
    else zoomBy(closeUpScale(fit.peek(), size.peek().width), point);
  };
  return { frame, fit, zoom, isZoomed, zoomBy, panBy, toggleCloseUp, reset };
}
