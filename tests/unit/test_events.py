"""The events that a change of a record implies, and their schemas."""

from dataclasses import replace
from typing import Any, Final

import pytest

from photosky.events import SCHEMA_VERSION, TYPES, event_of
from photosky.location import Location
from photosky.photo import Photo, Rejection, Status, StoredPreview
from photosky.store.index_keys import index_attributes
from photosky.store.items import from_attributes, to_item
from tests.schemas import EVENTS, SCHEMAS, check, check_schema
from tests.storage import OWNER

PHOTO_ID: Final = "01980f7e-0000-7000-8000-000000000001"

PREVIEW: Final = StoredPreview("previews/key", 1, 1, "image/webp", 10)

READY: Final = Photo(
    owner_id=OWNER,
    photo_id=PHOTO_ID,
    status=Status.READY,
    filename="Sommer in Zürich.jpg",
    content_type="image/jpeg",
    size_bytes=1234,
    sha256="ab" * 32,
    width=40,
    height=30,
    created_at="2026-08-03T07:12:55.204Z",
    updated_at="2026-08-03T07:13:00.000Z",
    camera="A camera",
    location=Location(47.4, 8.5),
    title="A title",
    description="A description",
    tags=("sea",),
    previews={"thumb": PREVIEW},
    original="originals/key",
    execution="execution 1",
    revision=4,
    version=3,
)

PROCESSING: Final = replace(READY, status=Status.PROCESSING, revision=3)

REJECTED: Final = replace(
    PROCESSING,
    status=Status.REJECTED,
    revision=4,
    width=None,
    height=None,
    rejection=Rejection("CorruptImage", "Torn."),
)

IDS: Final = {"schema_version": 1, "photo_id": PHOTO_ID, "owner_id": OWNER, "version": 4}
UPLOAD: Final = {"content_type": "image/jpeg", "size_bytes": 1234}
PICTURE: Final = {**UPLOAD, "width": 40, "height": 30}


def item(photo: Photo | None) -> dict[str, Any] | None:
    """The attributes of a photo's record, as they are read."""
    return None if photo is None else from_attributes(to_item(photo) | index_attributes(photo))


def at(status: Status, **changes: Any) -> Photo:
    """The photo in another status."""
    return replace(READY, status=status, **changes)


def event(before: Photo | None, after: Photo | None) -> dict[str, Any] | None:
    """The event of a write, if it has one; it has the form that its schema says."""
    found = event_of(item(before), item(after))
    if found is not None:
        check(found)
        assert set(found) == set(SCHEMAS[found["type"]]["required"])
    return found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (PROCESSING, READY, {"type": "Photo Ready", "status": "ready", **PICTURE}),
        (None, READY, {"type": "Photo Ready", "status": "ready", **PICTURE}),
        (PROCESSING, REJECTED, {"type": "Photo Rejected", "status": "rejected", **UPLOAD, "code": "CorruptImage"}),
        (
            PROCESSING,
            replace(REJECTED, status=Status.FAILED, rejection=Rejection("InternalError", "It broke.")),
            {"type": "Photo Failed", "status": "failed", **UPLOAD, "code": "InternalError"},
        ),
        (READY, at(Status.TRASHED), {"type": "Photo Trashed", "status": "trashed", **PICTURE}),
        (at(Status.TRASHED), READY, {"type": "Photo Restored", "status": "ready", **PICTURE}),
        (at(Status.TRASHED), at(Status.DELETING), {"type": "Photo Deleted", "status": "deleting"}),
        (READY, at(Status.DELETING), {"type": "Photo Deleted", "status": "deleting"}),
        (REJECTED, at(Status.DELETING), {"type": "Photo Deleted", "status": "deleting"}),
        (at(Status.AWAITING_UPLOAD), at(Status.DELETING), {"type": "Photo Deleted", "status": "deleting"}),
    ],
)
def test_a_reached_status_is_an_event(before: Photo | None, after: Photo, expected: dict[str, Any]) -> None:
    assert event(before, after) == {**expected, **IDS}


@pytest.mark.parametrize("status", [Status.READY, Status.TRASHED])
@pytest.mark.parametrize(
    "changes",
    [
        {"title": None},
        {"tags": ()},
        {"favorite": True},
        {"owner_taken_at": "2020-01-02"},
        {"owner_location": Location(1.0, 2.0)},
        {"previews": {"thumb": PREVIEW._replace(key="previews/another")}},
        {"version": 4},
    ],
)
def test_a_change_that_clients_see_is_an_update(status: Status, changes: dict[str, Any]) -> None:
    before = at(status, revision=3)
    expected = {"type": "Photo Updated", "status": str(status), **PICTURE, **IDS}
    assert event(before, at(status, **changes)) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, at(Status.AWAITING_UPLOAD)),
        (at(Status.AWAITING_UPLOAD), PROCESSING),
        (PROCESSING, replace(PROCESSING, width=80)),
        (PROCESSING, at(Status.AWAITING_UPLOAD)),
        (at(Status.AWAITING_UPLOAD), at(Status.AWAITING_UPLOAD, title="Another")),
        (REJECTED, replace(REJECTED, lease_until=5)),
        (at(Status.DELETING), None),
        (None, None),
    ],
)
def test_other_writes_are_no_event(before: Photo | None, after: Photo | None) -> None:
    assert event(before, after) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"lease_until": 5},
        {"retired": ("previews/old",), "retired_until": 9},
        {"execution": "execution 2"},
        # Reconcile lists a photo again, or the second transaction of an edit completes its tags.
        {"updated_at": "2026-08-04T00:00:00.000Z", "counted_as": "2026-08-03", "revision": 5, "unlisted_tags": ("a",)},
    ],
)
def test_a_change_that_no_client_sees_is_no_event(changes: dict[str, Any]) -> None:
    assert event(READY, replace(READY, **changes)) is None


def test_a_record_that_is_removed_at_once_is_a_deletion_after_its_last_change() -> None:
    removed = {"type": "Photo Deleted", "status": "deleting", **IDS, "version": 5}
    assert event(at(Status.FAILED), None) == event(READY, None) == removed


def test_records_of_every_schema_version_have_events() -> None:
    before = {"owner_id": OWNER, "photo_id": PHOTO_ID, "status": "ready", "schema_version": 99, "revision": 3}
    after = before | {"status": "trashed", "revision": 4, "new": "value"}
    assert event_of(before, after) == {"type": "Photo Trashed", "status": "trashed", **IDS}
    first = {name: value for name, value in before.items() if name not in ("schema_version", "revision")}
    assert event_of(first, first | {"status": "deleting", "revision": 1}) == {
        **{"type": "Photo Deleted", "status": "deleting"},
        **IDS,
        "version": 1,
    }


def test_items_that_are_no_photos_have_no_event() -> None:
    assert event_of(None, {"owner_id": OWNER, "photo_id": f"deleted/{PHOTO_ID}", "lease_until": 1}) is None
    assert event_of({"owner_id": OWNER, "photo_id": "request/1"}, None) is None


def test_each_type_has_a_schema_in_its_own_file() -> None:
    names = {kind: f"{kind.lower().replace(' ', '-')}.v{SCHEMA_VERSION}" for kind in TYPES}
    assert sorted(path.name for path in EVENTS.iterdir()) == sorted(f"{name}.json" for name in names.values())
    for kind, schema in SCHEMAS.items():
        check_schema(schema)
        assert (schema["title"], schema["$id"]) == (kind, f"urn:photosky:event:{names[kind]}")


def test_no_schema_has_a_name_a_place_a_key_or_a_token() -> None:
    named = {name for schema in SCHEMAS.values() for name in schema["properties"]}
    assert named == {"type", "status", *IDS, *PICTURE, "code"}
