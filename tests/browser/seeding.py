"""Collections of many photos over many months: one upload, and copies of its record with other times of capture."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from playwright.sync_api import Page

from benchmarks.load.stack import Stack
from photosky.photo import new_photo_id
from photosky.store.index_keys import counted_as, index_attributes
from photosky.store.items import marshal, to_item
from photosky.store.timeline import Timeline
from tests.local.client import Client
from tests.pictures import encoded

BATCH_ITEMS: Final = 25
"""Of one BatchWriteItem (API reference)."""


def seed(stack: Stack, username: str, client: Client, times: Sequence[str | None]) -> list[str]:
    """Give a user a photo with each time of capture, and count them in the timeline. Returns their IDs in this order.

    One more photo is uploaded, from which they are copied; it is deleted for good.
    """
    first_id, response = client.send(encoded("jpeg"))
    response.raise_for_status()
    dynamodb, owner_id = stack.client("dynamodb"), stack.owner_id(username)
    table = Timeline(dynamodb, stack.table_name)
    record = table.get(owner_id, first_id)
    assert record is not None
    client.call("DELETE", f"/photos/{first_id}", params={"permanent": "true"}).raise_for_status()
    photos = [replace(record, photo_id=new_photo_id(), owner_taken_at=time) for time in times]
    for start in range(0, len(photos), BATCH_ITEMS):
        items = [
            to_item(replace(photo, counted_as=counted_as(photo))) | index_attributes(photo)
            for photo in photos[start : start + BATCH_ITEMS]
        ]
        written = dynamodb.batch_write_item(
            RequestItems={stack.table_name: [{"PutRequest": {"Item": marshal(item)}} for item in items]}
        )
        assert written["UnprocessedItems"] == {}
    table.repair_counters(owner_id)
    return [photo.photo_id for photo in photos]


def show_previews(page: Page) -> None:
    """Answer requests for previews: copied photos have records, but no objects."""
    preview = encoded("webp", size=(32, 24))
    page.context.route("**/previews/**", lambda route: route.fulfill(body=preview, content_type="image/webp"))
