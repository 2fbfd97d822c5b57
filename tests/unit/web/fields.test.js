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

const BARE = {
  ...PHOTO, filename: "1.jpg", taken_at: null, taken_at_source: null, camera: null, location: null, embedded: null,
  capture: { lens: null, exposure_seconds: null, f_number: null, iso: null, focal_length_mm: null },
  image: { orientation: 1, colour_space: null, frame_count: 1, has_gain_map: false, is_motion_photo: false },
  width: 600, height: 400, content_type: "image/jpeg", size_bytes: 1234, created_at: "2025-07-01T09:30:00Z", sha256: "ab".repeat(32),
};
const RICH = {
  ...BARE, taken_at: "2025-07-01T09:30:00+02:00", taken_at_source: "owner", camera: "Apple iPhone 15",
  capture: { lens: "24 mm", exposure_seconds: 0.004, f_number: 1.8, iso: 400, focal_length_mm: 6.9 },
  location: { latitude: 51.47794, longitude: -0.00147, altitude_m: 46.4 },
  image: { orientation: 6, colour_space: "display-p3", frame_count: 12, has_gain_map: true, is_motion_photo: true },
  embedded: { title: null, description: null, keywords: [], rating: 4 }, width: 6000, height: 4000,
};

/** What the panel shows of a photo, by label. The time of `Added` depends on the time zone. */
function factsOf(photo) {
  const shown = FACTS.filter(({ label, text }) => text(photo) !== null && label !== "Added");
  return Object.fromEntries(shown.map(({ label, text, note }) => [label, [text(photo), note?.(photo)].filter(Boolean).join("; ")]));
}

test("facts that a photo does not have are null", () => {
  assert.deepEqual(factsOf(BARE), { Size: "600 × 400; 0.24 megapixels", File: "1.jpg; JPEG, 1.23 kB", "SHA-256": "abababababab…" });
});

test("facts are in the units of people", () => {
  assert.deepEqual(factsOf(RICH), {
    Taken: "July 1, 2025 at 9:30 AM; Corrected by you", Camera: "Apple iPhone 15", Lens: "24 mm", Exposure: "1/250 s, f/1.8, ISO 400, 6.9 mm",
    Place: "51.4779, -0.0015; 46 m above sea level", Size: "6000 × 4000; 24 megapixels", File: "1.jpg; JPEG, 1.23 kB", Colours: "Display P3",
    Frames: "12", Contains: "a short video (motion photo), a gain map for HDR displays", Rating: "4 of 5 stars", "SHA-256": "abababababab…",
  });
});

test("a place has the address of a map", () => {
  const place = FACTS.find(({ label }) => label === "Place");
  assert.deepEqual([BARE, RICH].map(place.address), [null, "https://www.openstreetmap.org/?mlat=51.47794&mlon=-0.00147#map=14/51.47794/-0.00147"]);
});
