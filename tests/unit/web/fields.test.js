import assert from "node:assert/strict";
import test from "node:test";
import { EDITABLE_FIELDS, FACTS, changesBetween, describeDraft, draftOf, withChanges } from "../../../web/gallery/fields.js";

const PHOTO = { title: "Moon", description: null, tags: ["night"] };

test("a draft has every editable field, and an empty text for null", () => {
  assert.deepEqual(draftOf(PHOTO), { title: "Moon", description: "", tags: ["night"] });
  assert.deepEqual(Object.keys(draftOf(PHOTO)), EDITABLE_FIELDS.map(({ name }) => name));
});

test("only changed fields are sent, trimmed, with null for an empty text", () => {
  const before = draftOf(PHOTO);
  assert.deepEqual(changesBetween(before, { title: " Moon ", description: " ", tags: ["night"] }), {});
  assert.deepEqual(changesBetween(before, { title: " ", description: "At noon.", tags: [] }), { title: null, description: "At noon.", tags: [] });
});

test("changes replace the fields of another version", () => {
  const theirs = { title: "Sun", description: "Theirs.", tags: [] };
  assert.deepEqual(withChanges(theirs, { title: null, tags: ["mine"] }), { title: "", description: "Theirs.", tags: ["mine"] });
});

test("a draft is described by all its fields", () => {
  assert.equal(describeDraft({ title: "Moon", description: "", tags: ["night", "sea"] }), "title: “Moon”; description: none; tags: night, sea");
});

test("a fact that the photo does not have is null", () => {
  const photo = {
    ...PHOTO, filename: "1.jpg", taken_at: null, camera: null, capture: { lens: null, exposure_seconds: null, f_number: null, iso: 400, focal_length_mm: null }, location: { latitude: 51.47794, longitude: -0.00147 },
    width: 600, height: 400, content_type: "image/jpeg", size_bytes: 1234, created_at: "2025-07-01T09:30:00Z",
  };
  const facts = Object.fromEntries(FACTS.map(({ label, text }) => [label, text(photo)]));
  assert.deepEqual({ ...facts, Added: "" }, { Taken: null, Camera: null, Lens: null, Exposure: "ISO 400", Location: "51.4779, -0.0015", Size: "600 × 400", File: "1.jpg, JPEG, 1.23 kB", Added: "" });
});
