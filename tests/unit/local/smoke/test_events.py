"""The events of a photo arrive, each as its schema says."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import pytest

from local.smoke import events
from local.smoke.context import JPEG, Context, Sent
from local.smoke.differences import Difference
from local.smoke.pictures import Picture
from tests.unit.local.smoke.apis import context_with

PHOTO: Final = "0198c5a2-7d3e-7c41-9a55-0f6f5b1e2d3c"
OWNER: Final = "3f0c8f0e-0c1b-4f4e-9a55-0f6f5b1e2d3c"


def event(type_: str, photo_id: str = PHOTO, **changes: object) -> Mapping[str, Any]:
    """An event of a photo."""
    detail = {"type": type_, "schema_version": 1, "photo_id": photo_id, "owner_id": OWNER, "status": "trashed"}
    picture = {"content_type": "image/jpeg", "size_bytes": 1, "width": 1, "height": 1}
    return {"detail-type": type_, "detail": detail | picture | {"version": 3} | changes}


class Queue:
    """A queue whose reads return one event each."""

    url = "https://sqs.example/queue"

    def __init__(self, *found: Mapping[str, Any]) -> None:
        self._events = list(found)

    def read(self) -> Iterator[Mapping[str, Any]]:
        """The next event."""
        if self._events:
            yield self._events.pop(0)


def context(*found: Mapping[str, Any]) -> Context:
    """A run that moved its photo to the trash, with these events in its queue."""
    made = context_with(lambda _request: httpx.Response(500))
    made.sent[JPEG] = Sent(PHOTO, Picture(JPEG, b"", 1, 1, {}), "", "", "", {})
    made.changes = ["Photo Trashed"]
    made.queue = Queue(*found)  # type: ignore[assignment]
    return made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing between reads."""
    monkeypatch.setattr("local.smoke.differences.time.sleep", lambda _seconds: None)


def test_events_of_the_photo_among_others_are_no_difference() -> None:
    events.events(context(event("Photo Ready", photo_id="other"), event("Photo Trashed")))


def test_missing_event_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_WAIT_SECONDS", 0)
    with pytest.raises(Difference, match="the bus has no event Photo Trashed of the photo"):
        events.events(context())


def test_event_that_breaks_its_schema_is_named() -> None:
    with pytest.raises(Difference) as raised:
        events.events(context(event("Photo Trashed", version="3")))
    assert raised.value.texts == ("Photo Trashed breaks its schema at $.version (type)",)


def test_owner_is_the_subject_of_the_token() -> None:
    payload = base64.urlsafe_b64encode(json.dumps({"sub": OWNER}).encode()).decode().rstrip("=")
    run = context()
    run.api.token = f"header.{payload}.signature"
    assert run.owner_id == OWNER
