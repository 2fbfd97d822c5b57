import assert from "node:assert/strict";
import test from "node:test";
import { countTags, withTags, withoutTag } from "../../../web/gallery/taglists.js";

test("tags are added once, also those that differ in case", () => {
  assert.deepEqual(withTags(["Sea"], ["sea", "evening", "Evening"]), ["Sea", "evening"]);
});

test("a tag is removed", () => {
  assert.deepEqual(withoutTag(["sea", "evening"], "sea"), ["evening"]);
});

test("the most frequent tag is first", () => {
  assert.deepEqual(countTags([["sea"], ["sea", "evening"], []]), [{ tag: "sea", count: 2 }, { tag: "evening", count: 1 }]);
});
