import assert from "node:assert/strict";
import test from "node:test";
import { NEWEST, OLDEST, extended, extentOf, isWhole, merged } from "../../../web/gallery/extents.js";

const extent = (top, bottom, name = top) => ({ top, bottom, up: { tag: `up ${name}` }, down: { tag: `down ${name}` } });

test("a page below extends an extent to its last photo", () => {
  const next = extended(extent("m", "k"), "down", { lastKey: "g", cursor: "c" });
  assert.deepEqual(next, { top: "m", bottom: "g", up: { tag: "up m" }, down: { tag: "down m", cursor: "c" } });
});

test("the last page extends an extent to the end", () => {
  assert.deepEqual(extended(extent("m", "k"), "down", { lastKey: "g", cursor: null }).bottom, OLDEST);
  const next = extended(extent("m", "k"), "up", { lastKey: undefined, cursor: null });
  assert.deepEqual([next.top, next.up], [NEWEST, null]);
});

test("extents that overlap become one", () => {
  const found = merged([extent("f", "c"), extent("m", "k"), extent("d", "a")]);
  assert.deepEqual(found, [extent("m", "k"), { top: "f", bottom: "a", up: { tag: "up f" }, down: { tag: "down d" } }]);
});

test("an extent inside another one is dropped", () => {
  assert.deepEqual(merged([extent("m", "a"), extent("f", "c")]), [extent("m", "a")]);
});

test("a key is in the extent around it", () => {
  const extents = [extent("m", "k"), extent("f", "c")];
  assert.deepEqual(["m", "k", "j", "f", "b"].map((key) => extentOf(extents, key)?.top), ["m", "m", undefined, "f", undefined]);
});

test("a listing is whole when nothing is missing", () => {
  assert.equal(isWhole([extent(NEWEST, OLDEST)]), true);
  assert.equal(isWhole([extent(NEWEST, "c")]), false);
  assert.equal(isWhole([]), false);
});
