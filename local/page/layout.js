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

  for (const ratio of ratios) {
    row.push(Math.min(WIDEST, Math.max(NARROWEST, ratio)));
    sum += row[row.length - 1] ?? 0;
    const height = (width - gap * (row.length - 1)) / sum;
    if (height <= rowHeight) close(height);
  }
  if (row.length > 0) close(Math.min(rowHeight, (width - gap * (row.length - 1)) / sum));
  return { boxes, height: Math.max(0, top - gap) };
}
