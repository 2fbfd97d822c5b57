import assert from "node:assert/strict";
import test from "node:test";
import { chipsOf, formatQuery, parseFilter } from "../../../web/gallery/filter.js";

const ALL = { favorite: true, tag: "sea & sun", taken_from: "2025-05-01", taken_to: "2025-05-31" };

test("a filter is kept in an address", () => {
  assert.deepEqual(parseFilter(formatQuery(ALL)), ALL);
  assert.deepEqual(parseFilter(formatQuery({})), {});
});

test("invalid parts of an address are left out", () => {
  assert.deepEqual(parseFilter("favorite=1&tag=%20&taken_from=may&other=1"), {});
});

test("each part is a chip that can be removed", () => {
  const { favorite, tag, ...period } = ALL;
  assert.deepEqual(chipsOf(ALL), [
    { label: "Favorites", without: { tag, ...period } },
    { label: "Tag: sea & sun", without: { favorite, ...period } },
    { label: "1 May 2025 – 31 May 2025", without: { favorite, tag } },
  ]);
  assert.deepEqual(chipsOf({ taken_to: "2025-05-31" }), [{ label: "Until 31 May 2025", without: {} }]);
});
