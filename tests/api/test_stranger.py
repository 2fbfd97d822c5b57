"""To somebody else, a photo of mine and one that never was are the same: the same answer, after the same work."""

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
from tests.storage import STRANGER, Storage

Work = list[tuple[str, str]]
"""The calls to AWS: operation and parameters."""

ROUTES: Final = [
    ("GET", "/photos/{photo_id}", None),
    ("GET", "/photos/{photo_id}/original", None),
    ("PATCH", "/photos/{photo_id}", {"title": "mine now"}),
    ("DELETE", "/photos/{photo_id}", None),
]


@pytest.fixture
def work(storage: Storage) -> Iterator[Work]:  # noqa: ARG001 - what is called has to be there
    """What is asked of AWS from here on, by whatever the functions use."""
    done: Work = []

    def note(params: dict[str, Any], model: Any, **_more: object) -> None:
        done.append((model.name, json.dumps(params, default=str, sort_keys=True)))

    session().events.register("before-parameter-build", note)
    yield done
    session().events.unregister("before-parameter-build", note)


_SHARD = re.compile(r'(?<="[:]set_unsettled_shard": )\{"N": "\d+"\}')


def mine(storage: Storage, status: Status | None) -> Photo:
    """A photo of mine with all its objects, in a status; deleted where there is none."""
    if status is Status.READY:
        photo = storage.put_ready("0" * 64)
    else:
        photo = storage.await_upload(status=status or Status.AWAITING_UPLOAD)
    for key in keys.all_keys(photo, []):
        storage.s3.put_object(Bucket=storage.bucket, Key=key, Body=b"x")
    if status is None:
        assert call("DELETE", "/photos/{photo_id}", photo.photo_id).status == 204
    return photo


def seen(work: Work, ask: Callable[[str], object], photo_id: str) -> tuple[str, Work]:
    """What comes of asking for an id, and the work that it took, with the id and its shard made unknowable."""
    work.clear()
    answer = repr(ask(photo_id))
    return answer.replace(photo_id, "ID"), [
        (name, _SHARD.sub("SHARD", params.replace(photo_id, "ID"))) for name, params in work
    ]


@pytest.mark.parametrize("status", [*Status, None])
@pytest.mark.parametrize(("method", "resource", "body"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
def test_a_photo_of_mine_is_to_a_stranger_as_one_that_never_was(
    storage: Storage, work: Work, status: Status | None, method: str, resource: str, body: object
) -> None:
    photo = mine(storage, status)
    before = storage.records(), storage.objects()

    def ask(photo_id: str) -> object:
        return call(method, resource, photo_id, body=body, owner_id=STRANGER)

    missing = seen(work, ask, new_photo_id())
    assert seen(work, ask, photo.photo_id) == missing
    assert missing[1], "nothing was asked of AWS, so nothing was compared"
    assert "status=404" in missing[0]
    assert (storage.records(), storage.objects()) == before


@pytest.mark.parametrize("status", [*Status, None])
def test_an_ingest_of_mine_by_a_stranger_is_as_one_of_nothing(
    storage: Storage, work: Work, status: Status | None
) -> None:
    photo = mine(storage, status)
    before = storage.records(), storage.objects()

    def ask(photo_id: str) -> object:
        return validate({"owner_id": STRANGER, "photo_id": photo_id, "execution": "theirs"}, None)

    missing = seen(work, ask, new_photo_id())
    assert seen(work, ask, photo.photo_id) == missing
    assert [name for name, _ in missing[1]] == ["UpdateItem"]
    assert "PhotoNotFound" in missing[0]
    assert (storage.records(), storage.objects()) == before
