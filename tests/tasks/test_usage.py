"""The AWS usage of a photo and of a listing is what `benchmarks/scale/usage.py` says."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from benchmarks.scale import usage
from benchmarks.scale.usage import Use
from photosky.aws import session
from photosky.photo import new_photo_id
from photosky.store import keys
from tasks.persist import handler as persist
from tasks.previews import handler as previews
from tasks.validate import handler as validate
from tests.api import gateway
from tests.meter import Meter, indexes
from tests.storage import OWNER, Storage, Template
from tests.tasks.conftest import JPEG, SHA256

EXECUTION: Final = "0198a5f2-6f0c-7c3a-9c1e-5b0f5b0f5b0f"
"""As long as a request's id."""

PHOTO: Final = {
    "filename": "IMG_20260920_183000.jpg",
    "content_type": "image/jpeg",
    "size_bytes": len(JPEG),
    "sha256": SHA256,
}


@pytest.fixture
def meter(storage: Storage, template: Template, told: Callable[[], list[dict[str, Any]]]) -> Meter:
    """On everything that the product asks from now on."""
    return Meter(session(), storage, template, told)


def test_the_indexes_are_the_templates(template: Template) -> None:
    assert indexes(template) == usage.INDEXES


def test_a_photo_and_a_page_of_such_ask_for_what_is_told(
    storage: Storage, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("photosky.steps._milliseconds_since", lambda _started: 123.456)  # As many digits each time.
    asked: dict[str, Use] = {}
    with meter.reading() as read:
        created = gateway.call("POST", "/photos", body=PHOTO).document
    asked["CREATE"] = read[0]

    photo_id = created["photo"]["photo_id"]
    storage.s3.put_object(Bucket=storage.bucket, Key=keys.upload_key(OWNER, photo_id), Body=JPEG)
    event: dict[str, Any] = {"owner_id": OWNER, "photo_id": photo_id, "execution": EXECUTION}
    for name, handler in (("VALIDATE", validate), ("PREVIEWS", previews), ("PERSIST", persist)):
        with meter.reading() as read:
            answer = handler(event, None)
        asked[name] = read[0]
        event |= {"etag": answer.get("etag", "")}
    assert answer["outcome"] == "ready"

    multiply(storage, usage.PAGE_PHOTOS + 1)
    gateway.call("GET", "/photos", query={"limit": "1"})
    with meter.reading() as read:
        page = gateway.call("GET", "/photos")
    asked["LIST"] = read[0]

    assert asked == {name: getattr(usage, name) for name in asked}
    assert len(page.text) == pytest.approx(usage.PAGE_BYTES, rel=0.01)


def multiply(storage: Storage, count: int) -> None:
    """Store the table's one ready photo again, until there are so many."""
    (item,) = storage.dynamodb.scan(TableName=storage.table_name, FilterExpression="attribute_exists(ready_id)")[
        "Items"
    ]
    for number in range(1, count):
        photo_id = {"S": new_photo_id()}
        again = {**item, "photo_id": photo_id, "ready_id": photo_id, "ready_sha256": {"S": f"{number:064x}"}}
        storage.dynamodb.put_item(TableName=storage.table_name, Item=again)
