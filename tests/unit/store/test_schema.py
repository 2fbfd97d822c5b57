"""Items of earlier versions are upgraded when read; items of a later version are refused."""

import pytest

from photosky.photo import Photo, Status, StoredPreview
from photosky.store import schema
from photosky.store.items import to_item, to_photo

FIRST = {
    "owner_id": "owner",
    "photo_id": "0199a0a0-0000-7000-8000-000000000001",
    "status": "ready",
    "filename": "a.jpg",
    "content_type": "image/jpeg",
    "size_bytes": 1234,
    "created_at": "2026-01-01T00:00:00.000Z",
    "version": 3,
    "sha256": "ab" * 32,
    "width": 4032,
    "height": 3024,
    "tags": ["lake"],
    "favorite": True,
    "previews": {
        "thumb": {
            "key": "previews/owner/0199a0a0-0000-7000-8000-000000000001/thumb-00000000.webp",
            "width": 256,
            "height": 256,
            "content_type": "image/webp",
            "size_bytes": 9001,
        }
    },
    "execution": "request 1",
    "ready_id": "0199a0a0-0000-7000-8000-000000000001",
    "ready_sha256": "ab" * 32,
}
"""A ready photo of schema version 1, which had no key of the original."""

READ = Photo(
    owner_id="owner",
    photo_id="0199a0a0-0000-7000-8000-000000000001",
    status=Status.READY,
    filename="a.jpg",
    content_type="image/jpeg",
    size_bytes=1234,
    created_at="2026-01-01T00:00:00.000Z",
    version=3,
    sha256="ab" * 32,
    width=4032,
    height=3024,
    tags=("lake",),
    favorite=True,
    original="originals/owner/0199a0a0-0000-7000-8000-000000000001",
    previews={
        "thumb": StoredPreview(
            "previews/owner/0199a0a0-0000-7000-8000-000000000001/thumb-00000000.webp", 256, 256, "image/webp", 9001
        )
    },
    execution="request 1",
)


@pytest.mark.parametrize("version", [{}, {"schema_version": 1}], ids=["none", "1"])
def test_an_item_of_version_1_is_upgraded_in_a_copy(version: dict[str, int]) -> None:
    item = FIRST | version
    before = dict(item)
    assert to_photo(item) == READ
    assert item == before


def test_an_upgraded_photo_that_is_not_ready_has_no_original() -> None:
    item = {name: FIRST[name] for name in FIRST if name not in ("sha256", "previews", "ready_id", "ready_sha256")}
    assert to_photo(item | {"status": "awaiting_upload"}).original is None


def test_an_upgrade_keeps_a_stored_original() -> None:
    assert to_photo(FIRST | {"original": "originals/owner/1/run"}).original == "originals/owner/1/run"


@pytest.mark.parametrize("version", [0, 5, 99, "2", None, 1.5])
def test_an_item_of_an_unknown_version_is_refused(version: object) -> None:
    with pytest.raises(schema.UnknownVersionError) as refused:
        to_photo(FIRST | {"schema_version": version})
    assert str(refused.value) == f"the record is of version {version!r}; this PhotoSky reads 1 to 4"


def test_time_to_live_of_an_upload_becomes_the_end_of_its_wait() -> None:
    waiting = FIRST | {"schema_version": 3, "status": "awaiting_upload", "expires_at": 1_790_000_000}
    assert to_photo(waiting).awaited_until == 1_790_000_000
    assert to_photo(waiting | {"status": "failed"}).awaited_until is None


def test_every_version_has_an_upgrade_and_new_items_have_the_last() -> None:
    assert set(schema._UPGRADES) == set(range(1, schema.VERSION))
    assert to_item(READ)["schema_version"] == schema.VERSION
