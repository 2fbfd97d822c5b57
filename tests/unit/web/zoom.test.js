import assert from "node:assert/strict";
import test from "node:test";
import { WHOLE, closeUpScale, fitOf, panned, swipeOf, zoomedAt } from "../../../web/gallery/zoom.js";

const FIT = fitOf({ width: 6000, height: 3000 }, { width: 1000, height: 800 });

test("a picture fits its frame, and a pixel becomes at most two", () => {
  assert.deepEqual(FIT, { width: 1000, height: 500, frameWidth: 1000, frameHeight: 800, maxScale: 12 });
});

test("a small picture is not enlarged, a tiny one is", () => {
  const frame = { width: 1000, height: 800 };
  assert.deepEqual([fitOf({ width: 300, height: 200 }, frame), fitOf({ width: 64, height: 32 }, frame)].map(({ width, height }) => [width, height]), [[300, 200], [256, 128]]);
});

test("the point under the pointer stays", () => {
  assert.deepEqual(zoomedAt(WHOLE, 4, { x: 100, y: 50 }, FIT), { scale: 4, x: -300, y: -150 });
  assert.deepEqual(zoomedAt({ scale: 4, x: -300, y: -150 }, 0.5, { x: 100, y: 50 }, FIT), { scale: 2, x: -100, y: -50 });
});

test("the scale has limits, and a whole picture is centred", () => {
  assert.equal(zoomedAt(WHOLE, 100, { x: 0, y: 0 }, FIT).scale, 12);
  assert.deepEqual(zoomedAt({ scale: 2, x: 400, y: 100 }, 0.1, { x: 300, y: 0 }, FIT), WHOLE);
});

test("the edge of the picture stays at the edge of the frame", () => {
  assert.deepEqual(panned({ scale: 2, x: 0, y: 0 }, { x: 900, y: -900 }, FIT), { scale: 2, x: 500, y: -100 });
  assert.deepEqual(panned(WHOLE, { x: 900, y: 900 }, FIT), WHOLE);
});

test("a close-up shows the pixels of the original", () => {
  assert.deepEqual([closeUpScale(FIT, 6000), closeUpScale(fitOf({ width: 900, height: 600 }, { width: 1000, height: 800 }), 900)], [6, 2]);
});

test("a swipe has a direction, and a tap has none", () => {
  const moves = [[-80, 10], [80, -10], [10, 80], [10, -80], [30, 10], [10, 30]];
  assert.deepEqual(moves.map(([x, y]) => swipeOf({ x, y })), ["older", "newer", "close", null, null, null]);
});
