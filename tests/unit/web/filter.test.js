import assert from "node:assert/strict";
import test from "node:test";
import { formatQuery, parseFilter } from "../../../web/gallery/filter.js";

const ALL = { favorite: true, tag: "sea & sun", taken_from: "2025-05-01", taken_to: "2025-05-31" };

test("a filter is kept in an address", () => {
  assert.deepEqual(parseFilter(formatQuery(ALL)), ALL);
  assert.deepEqual(parseFilter(formatQuery({})), {});
});

test("invalid parts of an address are left out", () => {
  assert.deepEqual(parseFilter("favorite=1&tag=%20&taken_from=may&other=1"), {});
});
