"""Keys consist of ids and presets only."""

from dataclasses import replace

import pytest

from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.photo import Photo, Status, StoredPreview
from photosky.store.keys import (
    all_keys,
    current_previews,
    execution_keys,
    handed_over_keys,
    named_keys,
    original_key,
    preview_key,
    upload_key,
)

THUMB, SMALL, MEDIUM, _ = DEFAULT_PRESETS
WRITTEN = {
    "originals/owner/photo/run",
    "previews/owner/photo/run/facts.json",
    f"previews/owner/photo/run/thumb-{THUMB.digest}.webp",
    f"previews/owner/photo/run/small-{SMALL.digest}.webp",
}
AWAITED = Photo(
    owner_id="owner",
    photo_id="photo",
    status=Status.AWAITING_UPLOAD,
    filename="a filename never becomes a key",
    content_type="image/png",
    size_bytes=1,
    created_at="2026-01-01T00:00:00.000Z",
)
GONE = "previews/owner/photo/earlier/huge-00000000.webp"
NAMING = replace(
    AWAITED,
    original="originals/owner/photo/earlier",
    previews={"huge": StoredPreview(GONE, 1, 1, "image/webp", 1)},
)


def test_each_kind_of_object_has_its_own_prefix() -> None:
    assert upload_key("owner", "photo") == "incoming/owner/photo"
    assert original_key("owner", "photo", "run") == "originals/owner/photo/run"
    assert preview_key("owner", "photo", "run", THUMB) == f"previews/owner/photo/run/thumb-{THUMB.digest}.webp"


def test_a_ready_photo_needs_neither_its_upload_nor_its_facts() -> None:
    handed_over = handed_over_keys("owner", "photo", original_key("owner", "photo", "run"))
    assert handed_over == {"incoming/owner/photo", "previews/owner/photo/run/facts.json"}


def test_the_extension_follows_the_format_of_the_preset() -> None:
    portrait = Preset("portrait", 100, 200, format="jpeg")
    key = preview_key("owner", "photo", "run", portrait)
    assert key == f"previews/owner/photo/run/portrait-{portrait.digest}.jpg"


def test_a_changed_preset_never_reuses_a_key() -> None:
    changed = replace(THUMB, quality=THUMB.quality - 1)
    assert preview_key("owner", "photo", "run", changed) != preview_key("owner", "photo", "run", THUMB)


def test_executions_share_no_keys() -> None:
    assert execution_keys("owner", "photo", "run", [THUMB, SMALL]) == WRITTEN
    assert execution_keys("owner", "photo", "another run", [THUMB, SMALL]) & WRITTEN == set()


def test_named_keys_are_the_original_and_the_previews() -> None:
    assert named_keys(AWAITED) == set()
    assert named_keys(NAMING) == {"originals/owner/photo/earlier", GONE}


def test_all_keys_add_the_upload_and_the_keys_of_the_execution() -> None:
    upload = {"incoming/owner/photo"}
    assert all_keys(AWAITED, [THUMB, SMALL]) == upload
    assert all_keys(replace(AWAITED, execution="run"), [THUMB, SMALL]) == upload | WRITTEN
    assert all_keys(replace(NAMING, execution="run"), [THUMB, SMALL]) == upload | WRITTEN | named_keys(NAMING)


@pytest.mark.parametrize(
    ("size", "names"),
    [((300, 200), {"small", "medium"}), ((640, 640), {"small", "medium"}), ((641, 200), {"small"})],
)
def test_preview_of_another_preset_is_current_if_it_is_the_same(size: tuple[int, int], names: set[str]) -> None:
    shared = StoredPreview(preview_key("owner", "photo", "run", SMALL), 1, 1, "image/webp", 1)
    photo = replace(
        AWAITED, width=size[0], height=size[1], previews=dict.fromkeys(["thumb", "small", "medium"], shared)
    )
    assert current_previews(photo, [THUMB, SMALL, MEDIUM]).keys() == names


def test_preview_under_its_own_name_stays_current_in_a_small_photo() -> None:
    own = StoredPreview(preview_key("owner", "photo", "run", MEDIUM), 1, 1, "image/webp", 1)
    photo = replace(AWAITED, width=300, height=200, previews={"medium": own})
    assert current_previews(photo, [SMALL, MEDIUM]) == {"medium": own}
