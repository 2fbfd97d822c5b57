"""For another owner, existing and unknown photos have the same response and the same AWS calls."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from photosky.aws import session
from photosky.photo import Photo, Status, new_photo_id
from photosky.store import keys
from tasks.validate import handler as validate
from tests.api.gateway import call
from tests.storage import OTHER_OWNER, Storage

Calls = list[tuple[str, str]]
"""AWS calls: operation and parameters."""

ROUTES: Final = [
    ("GET", "/photos/{photo_id}", None),
    ("GET", "/photos/{photo_id}/original", None),
    ("PATCH", "/photos/{photo_id}", {"title": "stolen"}),
    ("DELETE", "/photos/{photo_id}", None),
    ("POST", "/photos/{photo_id}/restore", None),
]


@pytest.fixture
def calls(storage: Storage) -> Iterator[Calls]:  # noqa: ARG001 - the functions need a bucket and a table
    """AWS calls that the functions make during the test."""
    recorded: Calls = []

    def record(params: dict[str, Any], model: Any, **_more: object) -> None:
        recorded.append((model.name, json.dumps(params, default=str, sort_keys=True)))

    session().events.register("before-parameter-build", record)
    yield recorded
    session().events.unregister("before-parameter-build", record)


_SHARD = re.compile(r'(?<="[:]set_unsettled_shard": )\{"N": "\d+"\}')


def stored_photo(storage: Storage, status: Status | None) -> Photo:
    """Store a photo in a status with all of its objects; None stores a deleted photo."""
    if status is Status.READY:
        photo = storage.put_ready("0" * 64)
    else:
        photo = storage.put_photo(status=status or Status.AWAITING_UPLOAD)
    for key in keys.all_keys(photo, []):
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x")
    if status is None:
        assert call("DELETE", "/photos/{photo_id}", photo.photo_id, query={"permanent": "true"}).status == 204
    return photo


def observed(calls: Calls, request: Callable[[str], object], photo_id: str) -> tuple[str, Calls]:
    """The response to a request for an id and its AWS calls by name, with the id and its shard replaced.

    Calls in threads have no order.
    """
    calls.clear()
    response = repr(request(photo_id))
    return response.replace(photo_id, "ID"), sorted(
        (name, _SHARD.sub("SHARD", params.replace(photo_id, "ID"))) for name, params in calls
    )


@pytest.mark.parametrize("status", [*Status, None])
@pytest.mark.parametrize(("method", "resource", "body"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
def test_foreign_and_unknown_photos_are_indistinguishable(
    storage: Storage, calls: Calls, status: Status | None, method: str, resource: str, body: object
) -> None:
    photo = stored_photo(storage, status)
    before = storage.records(), storage.objects()

    def request(photo_id: str) -> object:
        return call(method, resource, photo_id, body=body, owner_id=OTHER_OWNER)

    missing = observed(calls, request, new_photo_id())
    assert observed(calls, request, photo.photo_id) == missing
    assert missing[1], "there were no AWS calls to compare"
    assert "status=404" in missing[0]
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("status", [*Status, None])
def test_ingest_of_foreign_and_unknown_photos_is_indistinguishable(
    storage: Storage, calls: Calls, status: Status | None
) -> None:
    photo = stored_photo(storage, status)
    before = storage.records(), storage.objects()

    def request(photo_id: str) -> object:
        return validate({"owner_id": OTHER_OWNER, "photo_id": photo_id, "execution": "foreign"}, None)

    missing = observed(calls, request, new_photo_id())
    assert observed(calls, request, photo.photo_id) == missing
    assert [name for name, _ in missing[1]] == ["GetObject", "UpdateItem"]
    assert "PhotoNotFound" in missing[0]
    assert (storage.records(), storage.objects()) == before
