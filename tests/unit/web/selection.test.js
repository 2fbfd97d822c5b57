import assert from "node:assert/strict";
import test from "node:test";
import { EMPTY, exactly, extended, toggled } from "../../../web/gallery/selection.js";

const ORDER = ["a", "b", "c", "d", "e"];
const ids = (selection) => [...selection.ids].sort();

test("a photo is toggled", () => {
  assert.deepEqual(ids(toggled(EMPTY, "b")), ["b"]);
  assert.deepEqual(ids(toggled(toggled(EMPTY, "b"), "b")), []);
});

test("a range from the last toggled photo replaces the range before", () => {
  const selection = toggled(toggled(EMPTY, "e"), "b");
  const wide = extended(selection, "d", ORDER);
  assert.deepEqual(ids(wide), ["b", "c", "d", "e"]);
  assert.deepEqual(ids(extended(wide, "a", ORDER)), ["a", "b", "e"]);
});

test("a range without an anchor begins at the start", () => {
  assert.deepEqual(ids(extended(EMPTY, "c", ORDER, "b")), ["b", "c"]);
  assert.deepEqual(ids(extended(EMPTY, "c", ORDER)), ["c"]);
  assert.deepEqual(ids(extended(exactly(["a"]), "d", ORDER, "c")), ["a", "c", "d"]);
});

test("an anchor that is not listed any more counts as none", () => {
  assert.deepEqual(ids(extended(toggled(EMPTY, "gone"), "b", ORDER, "a")), ["a", "b", "gone"]);
});
