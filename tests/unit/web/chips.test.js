import assert from "node:assert/strict";
import test from "node:test";
import { chipsOf } from "../../../web/gallery/chips.js";

const ALL = { favorite: true, tag: "sea & sun", taken_from: "2025-05-01", taken_to: "2025-05-31" };

test("each part is a chip that can be removed", () => {
  const { favorite, tag, ...period } = ALL;
  assert.deepEqual(chipsOf(ALL), [
    { label: "Favorites", without: { tag, ...period } },
    { label: "Tag: sea & sun", without: { favorite, ...period } },
    { label: "1 May 2025 – 31 May 2025", without: { favorite, tag } },
  ]);
  assert.deepEqual(chipsOf({ taken_to: "2025-05-31" }), [{ label: "Until 31 May 2025", without: {} }]);
});
