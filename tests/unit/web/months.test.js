import assert from "node:assert/strict";
import test from "node:test";
import { monthAfterKey, monthAt, startsOf, yearsOf } from "../../../web/gallery/months.js";

const MONTHS = [
  { period: "2025-05", count: 50 },
  { period: "2025-03", count: 25 },
  { period: "2024-05", count: 20 },
  { period: "2022-01", count: 5 },
];

test("each month has the share of its photos", () => {
  const starts = startsOf(MONTHS);
  assert.deepEqual(starts, [0, 0.5, 0.75, 0.95]);
  assert.deepEqual([-1, 0, 0.6, 0.75, 2].map((place) => monthAt(starts, place)), [0, 0, 1, 2, 3]);
});

test("keys lead to months and years", () => {
  const targets = (key) => MONTHS.map((_, index) => monthAfterKey(MONTHS, index, key));
  assert.deepEqual(targets("ArrowDown"), [1, 2, 3, 3]);
  assert.deepEqual(targets("ArrowUp"), [0, 0, 1, 2]);
  assert.deepEqual(targets("PageDown"), [2, 3, 3, 3]);
  assert.deepEqual(targets("PageUp"), [0, 0, 0, 2]);
  assert.deepEqual([targets("Home"), targets("End")], [[0, 0, 0, 0], [3, 3, 3, 3]]);
  assert.deepEqual(targets("a"), [undefined, undefined, undefined, undefined]);
});

test("years that would overlap are left out", () => {
  const years = yearsOf(MONTHS, startsOf(MONTHS), 0.3);
  assert.deepEqual(years, [{ year: "2025", place: 0 }, { year: "2024", place: 0.75 }]);
});
