"""The facts between Previews and Persist: what is stored is read, and nothing else is accepted."""

import json
from typing import Any, Final

import pytest

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
    "camera": "Example One",
    "location": Location(47.4, 8.5, None),
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
    put(storage, stored(storage) | {"previews": {"thumb": vars(PREVIEW) | changes}})
    with pytest.raises(ValueError, match=r"preview|fact"):
        read_facts(*ABOUT)


@pytest.mark.parametrize("document", [b"{", b"[]", b"null", b"\xff", b" " * MAX_FACTS_BYTES + b"{}"])
def test_other_documents_are_refused(storage: Storage, document: bytes) -> None:
    put(storage, document)
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds: JSON, UTF-8 or our own
        read_facts(*ABOUT)
