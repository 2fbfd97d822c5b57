// The positions of photos in the grid: justified rows of about one height.

/** @typedef {{ left: number, top: number, width: number, height: number }} Box in CSS pixels */

/** Photos outside these aspect ratios are cropped, so that a panorama fits in a row and a tall photo stays visible. */
const MIN_ASPECT_RATIO = 0.5;
const MAX_ASPECT_RATIO = 3;

/**
 * The boxes in the order of the photos, and their total height. Every row but the last fills the width.
 * @param {number[]} aspectRatios width divided by height
 * @param {{ width: number, rowHeight: number, gap: number }} options in CSS pixels; rows are about `rowHeight` high
 * @returns {{ boxes: Box[], height: number }}
 */
export function justified(aspectRatios, { width, rowHeight, gap }) {
  /** @type {Box[]} */
  const boxes = [];
  let top = 0;
  /** @type {number[]} */
  let row = [];
  let rowRatio = 0;

  /** @param {number} height */
  const closeRow = (height) => {
    let left = 0;
    for (const ratio of row) {
      boxes.push({ left, top, width: ratio * height, height });
      left += ratio * height + gap;
    }
    top += height + gap;
    row = [];
    rowRatio = 0;
  };

  /** The height at which a row fills the width. @param {number} count @param {number} ratioSum */
  const heightOf = (count, ratioSum) => (width - gap * (count - 1)) / ratioSum;

  for (const aspectRatio of aspectRatios) {
    const ratio = Math.min(MAX_ASPECT_RATIO, Math.max(MIN_ASPECT_RATIO, aspectRatio));
    const heightWithout = heightOf(row.length, rowRatio);
    const heightWith = heightOf(row.length + 1, rowRatio + ratio);
    // A row ends at the photo that brings it closest to the target height.
    if (row.length > 0 && heightWith < rowHeight && heightWithout - rowHeight < rowHeight - heightWith) closeRow(heightWithout);
    row.push(ratio);
    rowRatio += ratio;
  }
  if (row.length > 0) closeRow(Math.min(rowHeight, heightOf(row.length, rowRatio)));
  return { boxes, height: Math.max(0, top - gap) };
}

/** @param {Box} box */
export function styleOf({ left, top, width, height }) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

/**
 * The indices of the boxes in a vertical range: the first one, and the one after the last.
 * @param {Box[]} boxes as `justified` returns them @param {number} from @param {number} to
 */
export function indicesBetween(boxes, from, to) {
  const first = firstIndex(boxes.length, (index) => bottomOf(boxes, index) >= from);
  const end = firstIndex(boxes.length, (index) => (boxes[index]?.top ?? 0) > to);
  return { first, end };
}

/**
 * The box in the row above or below whose centre is nearest, or the same box where there is no such row.
 * @param {Box[]} boxes @param {number} index @param {-1 | 1} direction
 */
export function verticalNeighbour(boxes, index, direction) {
  const from = boxes[index];
  if (from === undefined) return index;
  const row = direction > 0 ? boxes.find(({ top }) => top > from.top) : boxes.findLast(({ top }) => top < from.top);
  if (row === undefined) return index;
  /** @param {Box} box */
  const distance = (box) => Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
  const nearest = boxes.filter(({ top }) => top === row.top).reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return boxes.indexOf(nearest);
}

/** @param {Box[]} boxes @param {number} index */
function bottomOf(boxes, index) {
  const box = boxes[index];
  return box ? box.top + box.height : 0;
}

/**
 * Binary search for the first of `count` indices from which on a condition holds.
 * @param {number} count @param {(index: number) => boolean} holds
 */
function firstIndex(count, holds) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
