// Where each photo of the grid goes: rows of one height that fill the width, as photos of all shapes like it best.

/** @typedef {{ left: number, top: number, width: number, height: number }} Box in CSS pixels */

/** Narrower or wider photos are cropped to these, so that a panorama takes a row and no column is a sliver. */
const NARROWEST = 0.5;
const WIDEST = 3;

/**
 * Boxes in the order of the photos, and the height of all. Rows are justified, except the last.
 * @param {number[]} ratios width by height of each photo
 * @param {{ width: number, rowHeight: number, gap: number }} space `rowHeight` is what rows are about as high as
 * @returns {{ boxes: Box[], height: number }}
 */
export function justified(ratios, { width, rowHeight, gap }) {
  /** @type {Box[]} */
  const boxes = [];
  let top = 0;
  /** @type {number[]} */
  let row = [];
  let sum = 0;

  /** @param {number} height */
  const close = (height) => {
    let left = 0;
    for (const ratio of row) {
      boxes.push({ left, top, width: ratio * height, height });
      left += ratio * height + gap;
    }
    top += height + gap;
    row = [];
    sum = 0;
  };

  /** @param {number} count @param {number} ratio of all of them together */
  const heightOf = (count, ratio) => (width - gap * (count - 1)) / ratio;

  for (const ratio of ratios) {
    const next = Math.min(WIDEST, Math.max(NARROWEST, ratio));
    const without = heightOf(row.length, sum);
    const within = heightOf(row.length + 1, sum + next);
    // A row ends where it comes nearest to the wanted height, before this photo or with a later one.
    if (row.length > 0 && within < rowHeight && without - rowHeight < rowHeight - within) close(without);
    row.push(next);
    sum += next;
  }
  if (row.length > 0) close(Math.min(rowHeight, heightOf(row.length, sum)));
  return { boxes, height: Math.max(0, top - gap) };
}

/** A box as a style. @param {Box} box */
export function styleOf({ left, top, width, height }) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

/**
 * The boxes that a stretch of the page shows, as the first and the one after the last.
 * @param {Box[]} boxes as `justified` gives them @param {number} from @param {number} to
 */
export function between(boxes, from, to) {
  const first = partition(boxes.length, (index) => bottom(boxes, index) >= from);
  const end = partition(boxes.length, (index) => (boxes[index]?.top ?? 0) > to);
  return { first, end };
}

/**
 * The photo above or below another: of the next row, the one whose middle is nearest.
 * @param {Box[]} boxes @param {number} index @param {-1 | 1} direction
 */
export function neighbour(boxes, index, direction) {
  const from = boxes[index];
  if (from === undefined) return index;
  const row = direction > 0 ? boxes.find(({ top }) => top > from.top) : boxes.findLast(({ top }) => top < from.top);
  if (row === undefined) return index;
  /** @param {Box} box */
  const distance = (box) => Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
  const nearest = boxes.filter(({ top }) => top === row.top).reduce((one, other) => (distance(other) < distance(one) ? other : one));
  return boxes.indexOf(nearest);
}

/** @param {Box[]} boxes @param {number} index */
function bottom(boxes, index) {
  const box = boxes[index];
  return box ? box.top + box.height : 0;
}

/** The first of `count` indices of which something is true, as it is of all after it. @param {number} count @param {(index: number) => boolean} holds */
function partition(count, holds) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
