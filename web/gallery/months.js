// The months of the timeline on a scale, on which each has the share of its photos.

/** @import { Month } from "./blocks.js" */

/** Where each month begins, from 0 to 1. @param {readonly Month[]} months newest first */
export function startsOf(months) {
  const total = months.reduce((sum, { count }) => sum + count, 0);
  let before = 0;
  return months.map(({ count }) => {
    const start = before / total;
    before += count;
    return start;
  });
}

/** The index of the month at a place. @param {readonly number[]} starts @param {number} place from 0 to 1 */
export function monthAt(starts, place) {
  return Math.max(0, starts.findLastIndex((start) => start <= place));
}

/** The index that a key leads to, if any. @param {readonly Month[]} months @param {number} index @param {string} key */
export function monthAfterKey(months, index, key) {
  const last = months.length - 1;
  const period = months[index]?.period ?? "";
  const year = Number(period.slice(0, 4));
  const inYear = (/** @type {number} */ other) => `${String(other).padStart(4, "0")}${period.slice(4)}`;
  const older = months.findIndex((month) => month.period <= inYear(year - 1));
  const newer = months.findLastIndex((month) => month.period >= inYear(year + 1));
  /** @type {Record<string, number>} */
  const targets = {
    ArrowDown: Math.min(last, index + 1),
    ArrowRight: Math.min(last, index + 1),
    ArrowUp: Math.max(0, index - 1),
    ArrowLeft: Math.max(0, index - 1),
    PageDown: older < 0 ? last : older,
    PageUp: newer < 0 ? 0 : newer,
    Home: 0,
    End: last,
  };
  return targets[key];
}

/**
 * The years to show with their places; those that would overlap are left out.
 * @param {readonly Month[]} months @param {readonly number[]} starts @param {number} minDistance from 0 to 1
 */
export function yearsOf(months, starts, minDistance) {
  /** @type {{ year: string, place: number }[]} */
  const years = [];
  let last = "";
  for (const [index, { period }] of months.entries()) {
    const year = period.slice(0, 4);
    const place = starts[index] ?? 0;
    if (year !== last && place - (years.at(-1)?.place ?? -1) >= minDistance) years.push({ year, place });
    last = year;
  }
  return years;
}
