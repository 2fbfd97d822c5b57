import assert from "node:assert/strict";
import test from "node:test";
import { displayName, formatBytes, formatDuration, formatExposure, formatWallTime } from "../../../web/format.js";

test("durations have at most three digits", () => {
  assert.deepEqual([-3, 0, 41.4, 99.6, 410, 995, 9940, 12_300, 200_000].map(formatDuration), ["0 ms", "0 ms", "41 ms", "0.10 s", "0.41 s", "1.0 s", "9.9 s", "12 s", "3 min 20 s"]);
});

test("sizes have a unit that fits", () => {
  assert.deepEqual([0, 999, 1000, 999_499, 999_500, 12_345_678, 2.5e9].map(formatBytes), ["0 bytes", "999 bytes", "1 kB", "999 kB", "1 MB", "12.3 MB", "2.5 GB"]);
});

test("the time of a camera is shown without conversion", () => {
  const texts = ["2025-07-01T09:30:00", "2025-07-01T09:30:00+02:00"].map((iso) => formatWallTime(iso).replace(/\s/g, " "));
  assert.deepEqual(texts, ["July 1, 2025 at 9:30 AM", "July 1, 2025 at 9:30 AM"]);
});

test("a photo without a title has its filename as name", () => {
  assert.deepEqual([{ title: "Moon", filename: "1.jpg" }, { title: null, filename: "1.jpg" }].map(displayName), ["Moon", "1.jpg"]);
});

test("an exposure has the settings that are known", () => {
  const unknown = { exposure_seconds: null, f_number: null, iso: null, focal_length_mm: null };
  assert.equal(formatExposure({ exposure_seconds: 0.00423729, f_number: 1.64, iso: 50, focal_length_mm: 5.96 }), "1/236 s, f/1.6, ISO 50, 6 mm");
  assert.equal(formatExposure({ ...unknown, exposure_seconds: 2.5 }), "2.5 s");
  assert.equal(formatExposure(unknown), null);
});
