import assert from "node:assert/strict";
import test from "node:test";
import { blocksOf, plainBlocks } from "../../../web/gallery/blocks.js";
import { NEWEST, OLDEST } from "../../../web/gallery/extents.js";

const MONTHS = [
  { period: "2025-05", count: 2 },
  { period: "2025-03", count: 3 },
  { period: "2024-12", count: 4 },
];
const extent = (top, bottom) => ({ top, bottom, up: null, down: null });
const brief = (block) => (block.kind === "day" ? [block.day, block.start, block.end] : [block.month, block.count, block.above?.bottom, block.below?.top]);

test("all months are gaps before anything is loaded", () => {
  assert.deepEqual(blocksOf([], [], MONTHS).map(brief), [
    ["2025-05", 2, undefined, undefined],
    ["2025-03", 3, undefined, undefined],
    ["2024-12", 4, undefined, undefined],
  ]);
});

test("photos are grouped by day, and the rest of their month is a gap", () => {
  const keys = ["2025-05-02T10/b", "2025-05-02T09/a", "2025-03-09T12/c"];
  assert.deepEqual(blocksOf(keys, [extent(NEWEST, "2025-03-09T12/c")], MONTHS).map(brief), [
    ["2025-05-02", 0, 2],
    ["2025-03-09", 2, 3],
    ["2025-03", 2, "2025-03-09T12/c", undefined],
    ["2024-12", 4, undefined, undefined],
  ]);
});

test("a gap between two loaded parts leads to both", () => {
  const keys = ["2025-05-02T10/b", "2025-05-02T09/a", "2024-12-24T18/d"];
  const extents = [extent(NEWEST, "2025-05-02T09/a"), extent("2024-12~", OLDEST)];
  assert.deepEqual(blocksOf(keys, extents, MONTHS).map(brief), [
    ["2025-05-02", 0, 2],
    ["2025-03", 3, "2025-05-02T09/a", "2024-12~"],
    ["2024-12-24", 2, 3],
  ]);
});

test("a gap without counted photos is loaded too", () => {
  const above = extent(NEWEST, "2024-12-24T18/d");
  assert.deepEqual(blocksOf(["2024-12-24T18/d"], [above], null).map(brief), [
    ["2024-12-24", 0, 1],
    [null, 0, "2024-12-24T18/d", undefined],
  ]);
});

test("a listing without headings is one block", () => {
  assert.deepEqual(plainBlocks(3, [extent(NEWEST, OLDEST)]).map(brief), [["", 0, 3]]);
  assert.deepEqual(plainBlocks(0, []).map(brief), [["", 0, 0], [null, 0, undefined, undefined]]);
});
