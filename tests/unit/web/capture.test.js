import assert from "node:assert/strict";
import test from "node:test";
import { captureKey, dayOf, daysAfter, formatDay, formatMonth, lastDay, localDay } from "../../../web/gallery/capture.js";

const photo = (taken_at) => ({ photo_id: "7", taken_at, created_at: "2026-08-03T07:12:55.204Z" });

test("the order is by local time, or by the creation", () => {
  const times = ["2026-08-02T18:41:07+02:00", "2026-08-02T18:41:07.5", "2026-08-02", null];
  assert.deepEqual(times.map(photo).map(captureKey), [
    "2026-08-02T18:41:07.000000000/7",
    "2026-08-02T18:41:07.500000000/7",
    "2026-08-02T00:00:00.000000000/7",
    "2026-08-03T07:12:55.204000000/7",
  ]);
  assert.equal(dayOf(photo(null)), "2026-08-03");
});

test("days and months are written out", () => {
  assert.equal(formatDay("2025-05-17", "2025-05-19"), "Saturday, 17 May 2025");
  assert.equal(formatDay("2025-05-17", "2025-05-17"), "Today");
  assert.equal(formatDay("2024-12-31", "2025-01-01"), "Yesterday");
  assert.equal(formatMonth("2025-05"), "May 2025");
});

test("the calendar is respected", () => {
  assert.deepEqual(["2024-02", "2025-02", "2025-12"].map(lastDay), ["2024-02-29", "2025-02-28", "2025-12-31"]);
  assert.equal(daysAfter("2025-12-31", 1), "2026-01-01");
  assert.equal(localDay(new Date(2025, 0, 9, 23, 59)), "2025-01-09");
});
