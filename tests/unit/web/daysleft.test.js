import assert from "node:assert/strict";
import test from "node:test";
import { daysLeft } from "../../../web/gallery/daysleft.js";

const at = (iso) => Date.parse(iso);

test("the days left are rounded up", () => {
  assert.equal(daysLeft("2026-08-09T19:00:00Z", 30, at("2026-08-09T19:00:01Z")), "30 days left");
  assert.equal(daysLeft("2026-08-09T19:00:00Z", 30, at("2026-09-08T18:00:00Z")), "1 day left");
  assert.equal(daysLeft("2026-08-09T19:00:00Z", 30, at("2026-09-08T19:00:00Z")), "Deleted soon");
  assert.equal(daysLeft(null, 30, 0), "");
});
