import assert from "node:assert/strict";
import test from "node:test";
import { Speed, formatBytesSums, formatCounts, formatRemaining, sumsOf } from "../../../web/gallery/uploadsums.js";

const MB = 1_000_000;

/** Uploads of 2 MB in these stages, those under way half sent. */
function parts(...stages) {
  return stages.map((stage) => ({ stage, sizeBytes: 2 * MB, sentBytes: stage === "uploading" ? MB : 0 }));
}

test("sums leave out the bytes of failures and duplicates", () => {
  const stages = ["waiting", "uploading", "ingesting", "done", "duplicate", "failed", "rejected", "interrupted"];
  assert.deepEqual(sumsOf(parts(...stages)), { total: 8, done: 1, duplicates: 1, failed: 3, sentBytes: 5 * MB, totalBytes: 8 * MB });
});

test("counts name what went wrong only if something did", () => {
  assert.equal(formatCounts(sumsOf(parts("done", "waiting"))), "1 of 2 uploaded");
  assert.equal(formatCounts(sumsOf(parts("done", "duplicate", "failed"))), "1 of 3 uploaded, 1 already in your photos, 1 failed");
});

test("the speed and the time are shown once they are known", () => {
  const sums = { total: 40, done: 12, duplicates: 0, failed: 3, sentBytes: 18 * MB, totalBytes: 64 * MB };
  assert.equal(formatBytesSums(sums, null), "18 MB of 64 MB");
  assert.equal(formatBytesSums(sums, 2.1 * MB), "18 MB of 64 MB · 2.1 MB/s · about 30 seconds left");
  assert.equal(formatBytesSums({ ...sums, sentBytes: 64 * MB }, 2.1 * MB), "64 MB of 64 MB");
});

test("the time left has one unit and is rounded up", () => {
  const seconds = [0, 3, 41, 50, 61, 3299, 3300, 7201];
  assert.deepEqual(seconds.map(formatRemaining), [
    "about 10 seconds left", "about 10 seconds left", "about 50 seconds left", "about 1 minute left", "about 2 minutes left",
    "about 55 minutes left", "about 1 hour left", "about 3 hours left",
  ]);
});

test("the speed is the mean of the last seconds", () => {
  const speed = new Speed(10_000);
  assert.equal(speed.bytesPerSecond, null);
  speed.add(0, 0);
  assert.equal(speed.bytesPerSecond, null);
  speed.add(1000, 4 * MB);
  assert.equal(speed.bytesPerSecond, 4 * MB);
  for (let second = 2; second <= 12; second++) speed.add(second * 1000, 4 * MB + second * MB);
  assert.equal(speed.bytesPerSecond, MB);
});

test("the speed starts anew after a retry", () => {
  const speed = new Speed(10_000);
  speed.add(0, 4 * MB);
  speed.add(1000, 0);
  assert.equal(speed.bytesPerSecond, null);
});
