"""The facts between Previews and Persist: what is stored is read, and nothing else is accepted."""

import json
import math
from typing import Any, Final

import pytest

from photosky.details import UNKNOWN_PROPERTIES, UNKNOWN_SETTINGS, CaptureSettings, Embedded, ImageProperties
from photosky.location import Location
from photosky.photo import StoredPreview
from photosky.store import keys
from photosky.store.facts import read_facts, store_facts
from photosky.store.media import MAX_FACTS_BYTES
from tests.storage import OWNER, Storage

ABOUT: Final = (OWNER, "photo", "execution 1")
PREVIEW: Final = StoredPreview(f"previews/{OWNER}/photo/execution 1/thumb-1.webp", 1, 2, "image/webp", 3)
FACTS: Final[dict[str, Any]] = {
    "sha256": "ab" * 32,
    "size_bytes": 1,
    "content_type": "image/png",
    "width": 3,
    "height": 4,
    "taken_at": None,
    "taken_at_source": None,
    "camera": "Example One",
    "capture": CaptureSettings(lens="Lens", exposure_seconds=0.004, f_number=2.0, iso=400, focal_length_mm=33.0),
    "location": Location(47.4, 8.5, None),
    "image": ImageProperties(
        orientation=1, colour_space="srgb", frame_count=1, has_gain_map=False, is_motion_photo=False
    ),
    "embedded": Embedded(title="Title", description="One\nTwo", keywords=("sea",), rating=-1),
    "placeholder": "abc",
    "dominant_color": "#ffffff",
    "previews": {"thumb": PREVIEW},
}


def put(storage: Storage, document: Any) -> None:
    """Write a document in place of the facts."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    storage.s3.put_object(Bucket=storage.bucket, Key=keys.facts_key(*ABOUT), Body=body)


def stored(storage: Storage) -> dict[str, Any]:
    """The document of `FACTS`."""
    store_facts(*ABOUT, FACTS)
    document: dict[str, Any] = json.loads(storage.objects()[keys.facts_key(*ABOUT)].data)
    return document


@pytest.mark.parametrize("location", [None, Location(47.4, 8.5, None), Location(-47.376667, 8.54, 408.0)])
def test_stored_facts_are_read(storage: Storage, location: Location | None) -> None:
    facts = FACTS | {"location": location}
    store_facts(*ABOUT, facts)
    assert read_facts(*ABOUT) == facts
    assert storage.objects()[keys.facts_key(*ABOUT)].content_type == "application/json"


@pytest.mark.parametrize(
    "changes",
    [
        {"taken_at": "2024-07-14T18:03:59", "taken_at_source": "gps"},
        {"capture": UNKNOWN_SETTINGS, "image": UNKNOWN_PROPERTIES, "embedded": None},
        {"embedded": Embedded(rating=5)},
    ],
)
@pytest.mark.usefixtures("storage")
def test_stored_details_are_read(changes: dict[str, Any]) -> None:
    store_facts(*ABOUT, FACTS | changes)
    assert read_facts(*ABOUT) == FACTS | changes


def test_removed_facts_are_none(storage: Storage) -> None:
    assert storage.objects() == {}
    assert read_facts(*ABOUT) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "deleting"},
        {"owner_id": "another owner"},
        {"original": "originals/another owner/photo/execution"},
        {"lease_until": 1},
        {"content_type": "text/html"},
        {"content_type": None},
        {"width": "3"},
        {"sha256": None},
        {"camera": ["a", "b"]},
        {"location": "here"},
        {"location": {"latitude": 1}},
        {"location": {"latitude": [], "longitude": 1}},
        {"taken_at_source": "clock"},
        {"taken_at_source": ["exif"]},
        {"capture": None},
        {"capture": ["lens"]},
        {"capture": {"lens": 7}},
        {"capture": {"lens": "x" * 129}},
        {"capture": {"lens": "a\nb"}},
        {"capture": {"lens": ""}},
        {"capture": {"iso": 1.5}},
        {"capture": {"iso": 0}},
        {"capture": {"f_number": "2.0"}},
        {"capture": {"f_number": -2.0}},
        {"capture": {"exposure_seconds": math.nan}},
        {"capture": {"focal_length_mm": math.inf}},
        {"capture": {"owner_id": "x"}},
        {"image": None},
        {"image": {"orientation": 9}},
        {"image": {"orientation": "1"}},
        {"image": {"colour_space": "cmyk"}},
        {"image": {"frame_count": 0}},
        {"image": {"has_gain_map": 1}},
        {"image": {"is_motion_photo": "yes"}},
        {"image": {"status": "ready"}},
        {"embedded": "title"},
        {"embedded": {"title": "x" * 201}},
        {"embedded": {"title": "a\tb"}},
        {"embedded": {"title": "\ud800"}},
        {"embedded": {"description": "x" * 5001}},
        {"embedded": {"description": "a\0b"}},
        {"embedded": {"keywords": "sea"}},
        {"embedded": {"keywords": [7]}},
        {"embedded": {"keywords": ["x" * 51]}},
        {"embedded": {"keywords": [""]}},
        {"embedded": {"keywords": [str(number) for number in range(51)]}},
        {"embedded": {"rating": 6}},
        {"embedded": {"rating": "5"}},
        {"embedded": {"tags": []}},
        {"previews": ["thumb"]},
        {"previews": None},
    ],
    ids=str,
)
def test_facts_that_previews_would_not_store_are_refused(storage: Storage, changes: dict[str, Any]) -> None:
    put(storage, stored(storage) | changes)
    with pytest.raises(ValueError, match=r"facts|fact|picture"):
        read_facts(*ABOUT)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": f"previews/{OWNER}/photo/execution 2/thumb-1.webp"},
        {"key": "previews/another owner/photo/execution 1/thumb-1.webp"},
        {"key": f"originals/{OWNER}/photo/execution 1"},
        {"key": 7},
        {"width": "1"},
        {"note": "x"},
    ],
    ids=str,
)
def test_previews_of_others_are_refused(storage: Storage, changes: dict[str, Any]) -> None:
    put(storage, stored(storage) | {"previews": {"thumb": PREVIEW._asdict() | changes}})
    with pytest.raises(ValueError, match=r"preview|fact"):
        read_facts(*ABOUT)


@pytest.mark.parametrize("document", [b"{", b"[]", b"null", b"\xff", b" " * MAX_FACTS_BYTES + b"{}"])
def test_other_documents_are_refused(storage: Storage, document: bytes) -> None:
    put(storage, document)
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds: JSON, UTF-8 or our own
        read_facts(*ABOUT)
