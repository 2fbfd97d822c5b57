"""The API shows of a photo only what its status allows."""

import re
import uuid
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from photosky.details import CaptureSettings, Embedded, ImageProperties
from photosky.location import Location
from photosky.photo import (
    Photo,
    Rejection,
    Status,
    StoredPreview,
    etag_of,
    is_photo_id,
    new_photo_id,
    timestamp,
)

MINIMAL = Photo(
    owner_id="owner",
    photo_id="0199a0a0-0000-7000-8000-000000000001",
    status=Status.AWAITING_UPLOAD,
    filename="Zürich 🏔 & more.heic",
    content_type="image/heic",
    size_bytes=52_428_800,
    created_at="2026-09-21T14:15:00.000Z",
)
FULL = replace(
    MINIMAL,
    status=Status.READY,
    version=12,
    updated_at="2026-09-22T08:00:00.123Z",
    trashed_at="2026-09-22T08:00:00.000Z",
    trashed_until=1_792_656_000,
    restores=2,
    revision=4,
    counted_as="2026-09-20",
    counted_bytes=52_428_800,
    unlisted_tags=("abend", "1"),
    lost_ingests=1,
    declared_sha256="ab" * 32,
    sha256="ab" * 32,
    width=4032,
    height=3024,
    taken_at="2026-09-20T18:30:00+02:00",
    taken_at_source="exif",
    camera="Example One",
    capture=CaptureSettings(lens="Lens", exposure_seconds=2.0, f_number=5.6, iso=400, focal_length_mm=33.0),
    location=Location(-47.376887, 8.0, 408.25),
    image=ImageProperties(
        orientation=6, colour_space="display-p3", frame_count=1, has_gain_map=True, is_motion_photo=False
    ),
    title="Evening",
    description="Two lines,\nand a tab\t.",
    tags=("lake", "Abend", "1"),
    favorite=True,
    embedded=Embedded(title="Title", keywords=("sea", "2"), rating=4),
    placeholder="3OcRJYB4d3h/iIeHeEh3eIhw+j3A",
    dominant_color="#a0b1c2",
    owner_taken_at="2026-09-20T19:30:00",
    owner_location=Location(-47.4, 8.1),
    original="originals/owner/1/run",
    previews={
        "thumb": StoredPreview("previews/owner/1/thumb-0.webp", 256, 256, "image/webp", 9001),
        "small": StoredPreview("previews/owner/1/small-0.webp", 640, 480, "image/webp", 30_000),
    },
    retired=("previews/owner/1/old-0.webp",),
    retired_until=1_790_003_760,
    rejection=Rejection("InternalError", "An earlier attempt broke."),
    execution="execution 1",
    lease_until=1_790_000_130,
    awaited_until=1_790_086_500,
)


@pytest.mark.parametrize(
    ("changes", "matches"),
    [
        ({"title": "Evening", "tags": ["lake", "Abend", "1"]}, True),
        ({"tags": ["lake", "Abend"]}, False),
        ({"title": "Evening", "favorite": False}, False),
        ({"description": None}, False),
        ({}, True),
    ],
)
def test_a_photo_matches_the_values_of_an_edit(changes: dict[str, Any], matches: bool) -> None:
    assert FULL.matches(changes) is matches
    assert MINIMAL.matches({"title": None, "tags": [], "favorite": False})


def test_a_full_photo_uses_every_field() -> None:
    """Otherwise the round trip in `store/test_items.py` would not cover a new field."""
    assert [f.name for f in fields(Photo) if getattr(FULL, f.name) == f.default] == []
    assert FULL.previews


def test_a_ready_photo_shows_all_public_fields() -> None:
    assert FULL.present(lambda key: f"https://media.example/{key}?signed") == {
        "photo_id": "0199a0a0-0000-7000-8000-000000000001",
        "status": "ready",
        "filename": "Zürich 🏔 & more.heic",
        "content_type": "image/heic",
        "size_bytes": 52_428_800,
        "sha256": "ab" * 32,
        "width": 4032,
        "height": 3024,
        "taken_at": "2026-09-20T19:30:00",
        "taken_at_source": "owner",
        "created_at": "2026-09-21T14:15:00.000Z",
        "updated_at": "2026-09-22T08:00:00.123Z",
        "trashed_at": "2026-09-22T08:00:00.000Z",
        "camera": "Example One",
        "capture": {
            "lens": "Lens",
            "exposure_seconds": 2.0,
            "f_number": 5.6,
            "iso": 400,
            "focal_length_mm": 33.0,
        },
        "location": {"latitude": -47.4, "longitude": 8.1, "altitude_m": None},
        "image": {
            "orientation": 6,
            "colour_space": "display-p3",
            "frame_count": 1,
            "has_gain_map": True,
            "is_motion_photo": False,
        },
        "title": "Evening",
        "description": "Two lines,\nand a tab\t.",
        "tags": ["lake", "Abend", "1"],
        "favorite": True,
        "embedded": {"title": "Title", "description": None, "keywords": ["sea", "2"], "rating": 4},
        "placeholder": "3OcRJYB4d3h/iIeHeEh3eIhw+j3A",
        "dominant_color": "#a0b1c2",
        "previews": {
            "thumb": {
                "url": "https://media.example/previews/owner/1/thumb-0.webp?signed",
                "width": 256,
                "height": 256,
                "content_type": "image/webp",
                "size_bytes": 9001,
            },
            "small": {
                "url": "https://media.example/previews/owner/1/small-0.webp?signed",
                "width": 640,
                "height": 480,
                "content_type": "image/webp",
                "size_bytes": 30_000,
            },
        },
        "rejection": {"code": "InternalError", "detail": "An earlier attempt broke."},
    }


def test_a_trashed_photo_shows_what_it_showed_before() -> None:
    ready, trashed = (replace(FULL, status=status).present(str) for status in (Status.READY, Status.TRASHED))
    assert trashed == ready | {"status": "trashed"}


@pytest.mark.parametrize("status", [status for status in Status if not replace(FULL, status=status).is_ingested])
def test_facts_are_hidden_until_a_photo_is_ready(status: Status) -> None:
    shown = replace(FULL, status=status).present(lambda key: f"https://media.example/{key}")
    assert shown == {
        "photo_id": "0199a0a0-0000-7000-8000-000000000001",
        "status": str(status),
        "filename": "Zürich 🏔 & more.heic",
        "content_type": "image/heic",
        "size_bytes": 52_428_800,
        "sha256": "ab" * 32,
        "width": None,
        "height": None,
        "taken_at": "2026-09-20T19:30:00",
        "taken_at_source": "owner",
        "created_at": "2026-09-21T14:15:00.000Z",
        "updated_at": "2026-09-22T08:00:00.123Z",
        "trashed_at": "2026-09-22T08:00:00.000Z",
        "camera": None,
        "capture": {"lens": None, "exposure_seconds": None, "f_number": None, "iso": None, "focal_length_mm": None},
        "location": {"latitude": -47.4, "longitude": 8.1, "altitude_m": None},
        "image": {
            "orientation": None,
            "colour_space": None,
            "frame_count": None,
            "has_gain_map": None,
            "is_motion_photo": None,
        },
        "title": "Evening",
        "description": "Two lines,\nand a tab\t.",
        "tags": ["lake", "Abend", "1"],
        "favorite": True,
        "embedded": None,
        "placeholder": None,
        "dominant_color": None,
        "previews": {},
        "rejection": {"code": "InternalError", "detail": "An earlier attempt broke."},
    }


def test_owner_keys_and_executions_are_never_shown() -> None:
    shown = FULL.present(lambda _key: "https://media.example/")
    assert not {"owner_id", "execution", "lease_until", "awaited_until", "version"} & set(shown)
    assert "previews/" not in str(shown)


def test_without_corrections_the_cameras_values_are_shown() -> None:
    shown = replace(FULL, owner_taken_at=None, owner_location=None).present(lambda _key: "https://media.example/")
    assert {name: shown[name] for name in ("taken_at", "taken_at_source", "location")} == {
        "taken_at": "2026-09-20T18:30:00+02:00",
        "taken_at_source": "exif",
        "location": {"latitude": -47.376887, "longitude": 8.0, "altitude_m": 408.25},
    }


def test_etag_has_the_version_and_changes_with_the_document() -> None:
    tags = [etag_of(FULL, {"title": "a"}), etag_of(FULL, {"title": "b"}), etag_of(MINIMAL, {"title": "a"})]
    assert [re.sub("[0-9a-f]{16}", "digest", tag) for tag in tags] == ['"12-digest"', '"12-digest"', '"1-digest"']
    assert len(set(tags)) == 3


def test_new_ids_have_version_7_and_sort_by_time() -> None:
    made = [new_photo_id() for _ in range(500)]
    assert {uuid.UUID(photo_id).version for photo_id in made} == {7}
    assert made == sorted(set(made))
    assert all(map(is_photo_id, made))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "photo",
        MINIMAL.photo_id.upper().replace("0199A", "0199B"),
        MINIMAL.photo_id.replace("-", ""),
        f"{{{MINIMAL.photo_id}}}",
        f"urn:uuid:{MINIMAL.photo_id}",
        f" {MINIMAL.photo_id}",
        f"{MINIMAL.photo_id}\n",
        f"deleted/{MINIMAL.photo_id}",
        MINIMAL.photo_id.replace("1", "\N{FULLWIDTH DIGIT ONE}"),
        "../" * 12,
    ],
)
def test_only_a_canonical_uuid_is_a_photo_id(text: str) -> None:
    assert not is_photo_id(text)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 9, 21, 14, 15, tzinfo=UTC), "2026-09-21T14:15:00.000Z"),
        (datetime(2026, 9, 21, 14, 15, 0, 999_999, tzinfo=UTC), "2026-09-21T14:15:00.999Z"),
        (datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2025-12-31T23:30:00.000Z"),
    ],
)
def test_a_time_is_shown_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert timestamp(moment) == text
