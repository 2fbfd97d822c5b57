import assert from "node:assert/strict";
import test from "node:test";
import { anchorAt, eyeFor, gapToLoad, layoutOf, topOfMonth } from "../../../web/gallery/sections.js";

const OPTIONS = { width: 300, rowHeight: 100, gap: 0, headingHeight: 50 };
const day = (name, start, end) => ({ kind: "day", day: name, start, end });
const gap = (month, count) => ({ kind: "gap", month, count, above: undefined, below: undefined });
const brief = ({ top, height }) => [top, height];

test("sections follow each other with their headings", () => {
  const layout = layoutOf([day("2025-05-02", 0, 3), gap("2025-03", 4), day("2024-12-24", 3, 4)], [1, 1, 1, 1], OPTIONS);
  assert.deepEqual(layout.sections.map(brief), [[0, 150], [166, 250], [432, 150]]);
  assert.deepEqual(layout.boxes.map(({ left, top }) => [left, top]), [[0, 50], [100, 50], [200, 50], [0, 482]]);
  assert.equal(layout.height, 582);
  assert.deepEqual(["2025-05", "2025-04", "2024-12", "2024-01"].map((month) => topOfMonth(layout, month)), [0, 166, 432, undefined]);
});

test("a photo stays in place when another day is added above it", () => {
  const before = layoutOf([day("2025-05-02", 0, 1)], [1], OPTIONS);
  const after = layoutOf([day("2025-05-03", 0, 1), day("2025-05-02", 1, 2)], [1, 1], OPTIONS);
  assert.equal(eyeFor(after, ["new", "old"], anchorAt(before, ["old"], 60)), 226);
});

test("the next photo stays in place when the first one is removed", () => {
  const before = layoutOf([day("2025-05-03", 0, 1), day("2025-05-02", 1, 2)], [1, 1], OPTIONS);
  const after = layoutOf([day("2025-05-02", 0, 1)], [1], OPTIONS);
  assert.equal(eyeFor(after, ["b"], anchorAt(before, ["a", "b"], 60)), -106);
});

test("a month stays in place when its photos are loaded", () => {
  const before = layoutOf([gap("2025-05", 30), gap("2025-03", 4)], [], OPTIONS);
  const after = layoutOf([gap("2025-05", 30), day("2025-03-09", 0, 2), gap("2025-03", 2)], [1, 1], OPTIONS);
  const top = topOfMonth(before, "2025-03");
  assert.equal(eyeFor(after, ["a", "b"], anchorAt(before, [], top + 30)), top + 30);
});

test("the gap nearest to the screen is loaded first", () => {
  const layout = layoutOf([gap("2025-05", 30), gap("2025-03", 30), gap("2024-12", 30)], [], OPTIONS);
  const { top } = layout.sections[1];
  const screen = { top: top + 10, bottom: top + 200 };
  assert.equal(gapToLoad(layout, { from: top - 500, to: top + 5000 }, screen)?.month, "2025-03");
  assert.equal(gapToLoad(layout, { from: layout.height + 1, to: layout.height + 2 }, screen), undefined);
});
