"""Keys are made of ids and presets, and nothing else."""

from dataclasses import replace

from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.keys import all_keys, original_key, preview_key, upload_key
from photosky.photo import Photo, Status, StoredPreview

THUMB, SMALL = DEFAULT_PRESETS[:2]


def test_every_kind_of_object_has_its_own_place_below_owner_and_photo() -> None:
    assert upload_key("owner", "photo") == "incoming/owner/photo"
    assert original_key("owner", "photo") == "originals/owner/photo"
    assert preview_key("owner", "photo", THUMB) == f"previews/owner/photo/thumb-{THUMB.digest}.webp"


def test_a_preview_in_another_format_has_another_extension() -> None:
    portrait = Preset("portrait", 100, 200, format="jpeg")
    assert preview_key("owner", "photo", portrait) == f"previews/owner/photo/portrait-{portrait.digest}.jpg"


def test_a_changed_preset_never_reuses_a_key() -> None:
    changed = replace(THUMB, quality=THUMB.quality - 1)
    assert preview_key("owner", "photo", changed) != preview_key("owner", "photo", THUMB)


def test_all_keys_are_those_of_the_presets_without_a_record() -> None:
    assert all_keys("owner", "photo", [THUMB, SMALL], None) == {
        "incoming/owner/photo",
        "originals/owner/photo",
        f"previews/owner/photo/thumb-{THUMB.digest}.webp",
        f"previews/owner/photo/small-{SMALL.digest}.webp",
    }


def test_all_keys_hold_what_a_record_names_from_presets_that_are_gone() -> None:
    photo = Photo(
        owner_id="owner",
        photo_id="photo",
        status=Status.READY,
        filename="a filename never becomes a key",
        content_type="image/png",
        size_bytes=1,
        created_at="2026-01-01T00:00:00.000Z",
        previews={"huge": StoredPreview("previews/owner/photo/huge-00000000.webp", 1, 1, "image/webp", 1)},
    )
    assert all_keys("owner", "photo", [THUMB], photo) == {
        "incoming/owner/photo",
        "originals/owner/photo",
        f"previews/owner/photo/thumb-{THUMB.digest}.webp",
        "previews/owner/photo/huge-00000000.webp",
    }
