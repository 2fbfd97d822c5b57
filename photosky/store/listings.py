"""Listings of ready and trashed photos, and look-ups of ready ones. Sparse indexes hold no photo of another status.

Every listing is a range of one partition of an index, so that a page reads what it returns.
"""

import secrets
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from photosky.photo import Photo, Status
from photosky.store import cursors
from photosky.store.attributes import (
    CURSOR_KEY_ITEM,
    DIGEST_INDEX,
    FAVORITES_INDEX,
    FAVORITES_TAKEN_INDEX,
    READY_INDEX,
    TAKEN_INDEX,
    TRASHED_INDEX,
)
from photosky.store.index_keys import AFTER, listing_key, owner_of, tag_partition, taken_id
from photosky.store.items import marshal, to_photo, unmarshal
from photosky.store.table import Table

Order = Literal["asc", "desc"]
Sort = Literal["created_at", "taken_at"]
Listing = Literal["ready", "trashed"]
"""The status of the photos in a listing."""

_FIRST: Final = "!"
"""Before all keys of an order, which begin with a digit or a letter."""

_LAST: Final = "~"
"""After all of them."""


class View(NamedTuple):
    """Which photos a listing has, and its order.

    Attributes:
        tag: One of the photos' tags, in any case; None for all photos.
        taken_from: The first date of capture (`YYYY-MM-DD`). Only the order by capture has a period.
        taken_to: The last date of capture.
    """

    status: Listing = "ready"
    sort: Sort = "created_at"
    is_favorite: bool = False
    tag: str | None = None
    taken_from: str | None = None
    taken_to: str | None = None


class Page(NamedTuple):
    """One page of a listing, and the position after which the next one starts; None at the end."""

    photos: tuple[Photo, ...]
    position: str | None


class Listings(Table):
    """Queries for an owner's ready and trashed photos."""

    def list_photos(self, owner_id: str, view: View, *, limit: int, order: Order, after: str | None) -> Page:
        """The photos of a view after a position: an id, or for the order by capture a text of at most 80 characters."""
        found: list[Photo] = []
        request = _request(owner_id, view, order, after)
        while len(found) <= limit:
            response = self._client.query(TableName=self._name, Limit=limit + 1 - len(found), **request)
            found += [_listed(unmarshal(item)) for item in response["Items"]]
            if "LastEvaluatedKey" not in response:
                break
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
        last = found[limit - 1] if len(found) > limit else None
        return Page(tuple(found[:limit]), None if last is None else _position(view, last))

    def find_by_digest(self, owner_id: str, sha256: str) -> Photo | None:
        """The owner's ready photo with this SHA-256, if any."""
        response = self._client.query(
            TableName=self._name,
            IndexName=DIGEST_INDEX,
            KeyConditionExpression="owner_id = :owner AND ready_sha256 = :sha256",
            ExpressionAttributeValues=marshal({":owner": owner_id, ":sha256": sha256}),
            Limit=1,
        )
        if not response["Items"]:
            return None
        # Indexes are eventually consistent: the record itself decides whether the photo is ready.
        photo = self.get(owner_id, unmarshal(response["Items"][0])["photo_id"])
        return photo if photo and photo.status is Status.READY else None

    @cached_property
    def cursor_key(self) -> bytes:
        """The secret that signs this deployment's cursors: created on first use, read once per execution environment.

        It is stored in the table, because a template or an environment variable would show it to all who may read
        them. KMS or Secrets Manager would add a service, its price and a call.
        """
        response = self._client.update_item(
            TableName=self._name,
            Key=marshal(CURSOR_KEY_ITEM),
            UpdateExpression="SET secret = if_not_exists(secret, :new_secret)",
            ExpressionAttributeValues={":new_secret": {"B": secrets.token_bytes(cursors.KEY_BYTES)}},
            ReturnValues="ALL_NEW",
        )
        return response["Attributes"]["secret"]["B"]


def _request(owner_id: str, view: View, order: Order, after: str | None) -> dict[str, Any]:
    """The index of a view, and the range of it that follows a position."""
    partition = owner_id if view.tag is None else tag_partition(owner_id, view.tag)
    first = view.taken_from or _FIRST
    last = _LAST if view.taken_to is None else f"{view.taken_to}{_LAST}"
    if after is not None:
        first, last = (f"{after}{AFTER}", last) if order == "asc" else (first, _before(after))
    index, partition_name, sort_name = _INDEXES[view.sort, view.is_favorite, view.status]
    key = partition if partition_name == "owner_id" else listing_key(partition, Status(view.status))
    return {
        "IndexName": index,
        "KeyConditionExpression": f"{partition_name} = :key AND {sort_name} BETWEEN :first AND :last",
        "ExpressionAttributeValues": marshal({":key": key, ":first": first, ":last": last}),
        "ScanIndexForward": order == "asc",
    }


_INDEXES: Final[dict[tuple[Sort, bool, Listing], tuple[str, str, str]]] = {
    ("created_at", False, "ready"): (READY_INDEX, "owner_id", "ready_id"),
    ("created_at", False, "trashed"): (TRASHED_INDEX, "owner_id", "trashed_id"),
    ("created_at", True, "ready"): (FAVORITES_INDEX, "favorite_listing", "photo_id"),
    ("created_at", True, "trashed"): (FAVORITES_INDEX, "favorite_listing", "photo_id"),
    ("taken_at", False, "ready"): (TAKEN_INDEX, "listing", "taken_id"),
    ("taken_at", False, "trashed"): (TAKEN_INDEX, "listing", "taken_id"),
    ("taken_at", True, "ready"): (FAVORITES_TAKEN_INDEX, "favorite_listing", "taken_id"),
    ("taken_at", True, "trashed"): (FAVORITES_TAKEN_INDEX, "favorite_listing", "taken_id"),
}
"""The index of each kind of view, its partition key and its sort key."""


def _before(position: str) -> str:
    """The largest text before a position that matters: keys end with a hexadecimal digit, and have equal lengths."""
    return f"{position[:-1]}{chr(ord(position[-1]) - 1)}{_LAST}"


def _position(view: View, photo: Photo) -> str:
    return photo.photo_id if view.sort == "created_at" else taken_id(photo)


def _listed(item: dict[str, Any]) -> Photo:
    """A photo of a listing; a tag's listing has copies under a partition of its own."""
    photo = to_photo(item)
    return replace(photo, owner_id=owner_of(photo.owner_id))
