// The geometry of a zoomed picture. Lengths are in CSS pixels; points are relative to the centre of the frame.

/** @typedef {{ x: number, y: number }} Point */
/**
 * What part of the picture is shown.
 * @typedef {object} Zoom
 * @property {number} scale 1 where the picture fits its frame
 * @property {number} x the centre of the picture
 * @property {number} y
 */
/**
 * The picture at scale 1, in its frame.
 * @typedef {object} Fit
 * @property {number} width
 * @property {number} height
 * @property {number} frameWidth
 * @property {number} frameHeight
 * @property {number} maxScale
 */

/** @type {Readonly<Zoom>} */
export const WHOLE = { scale: 1, x: 0, y: 0 };
/** One step of a button or a key. */
export const STEP = 1.5;

/** Photos are not enlarged to fit, except for those whose longer side is shorter than this. */
const MIN_SIDE_PX = 256;
/** A pixel of the original is at most this large. Small photos can be enlarged more. */
const MAX_PIXEL_PX = 2;
const MIN_MAX_SCALE = 4;
/** What counts as a swipe and not as a tap. */
const MIN_SWIPE_PX = 50;

/**
 * @param {{ width: number, height: number }} photo in its own pixels @param {{ width: number, height: number }} frame
 * @returns {Fit}
 */
export function fitOf(photo, frame) {
  const fitting = Math.min(frame.width / photo.width, frame.height / photo.height);
  const scale = Math.min(fitting, Math.max(1, MIN_SIDE_PX / Math.max(photo.width, photo.height)));
  return {
    width: photo.width * scale,
    height: photo.height * scale,
    frameWidth: frame.width,
    frameHeight: frame.height,
    maxScale: Math.max(MIN_MAX_SCALE, MAX_PIXEL_PX / scale),
  };
}

/** Zoom so that the same part of the picture stays at a point. @param {Zoom} zoom @param {number} factor @param {Point} point @param {Fit} fit */
export function zoomedAt(zoom, factor, point, fit) {
  const scale = clamp(zoom.scale * factor, 1, fit.maxScale);
  const ratio = scale / zoom.scale;
  return bounded({ scale, x: point.x - (point.x - zoom.x) * ratio, y: point.y - (point.y - zoom.y) * ratio }, fit);
}

/** @param {Zoom} zoom @param {Point} by @param {Fit} fit */
export function panned({ scale, x, y }, by, fit) {
  return bounded({ scale, x: x + by.x, y: y + by.y }, fit);
}

/** The scale of a double click: one pixel of the original per CSS pixel, but at least twice the size. @param {Fit} fit @param {number} photoWidth */
export function closeUpScale(fit, photoWidth) {
  return clamp(photoWidth / fit.width, 2, fit.maxScale);
}

/** What a finished movement of one finger means. @param {Point} moved @returns {"older" | "newer" | "close" | null} */
export function swipeOf({ x, y }) {
  if (Math.abs(x) > Math.abs(y)) return Math.abs(x) < MIN_SWIPE_PX ? null : x < 0 ? "older" : "newer";
  return y > MIN_SWIPE_PX ? "close" : null;
}

/** Without a gap between the picture's edge and the frame's where the picture is larger. @param {Zoom} zoom @param {Fit} fit @returns {Zoom} */
function bounded({ scale, x, y }, fit) {
  const maxX = Math.max(0, (fit.width * scale - fit.frameWidth) / 2);
  const maxY = Math.max(0, (fit.height * scale - fit.frameHeight) / 2);
  return { scale, x: clamp(x, -maxX, maxX), y: clamp(y, -maxY, maxY) };
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
