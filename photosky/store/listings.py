"""Listings of ready and trashed photos, and look-ups of ready ones. Sparse indexes hold no photo of another status."""

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from photosky.photo import Photo, Status
from photosky.store import cursors
from photosky.store.attributes import CURSOR_KEY_ITEM, DIGEST_INDEX, READY_INDEX, TRASHED_INDEX
from photosky.store.items import marshal, to_photo, unmarshal
from photosky.store.table import Table, start_key

Order = Literal["asc", "desc"]

Listing = Literal["ready", "trashed"]
"""The status of the photos in a listing, which is the name of its index."""

_SORT_KEYS: Final[dict[str, str]] = {READY_INDEX: "ready_id", TRASHED_INDEX: "trashed_id"}


@dataclass(frozen=True)
class Page:
    """One page of a listing, and whether more photos follow."""

    photos: tuple[Photo, ...]
    more: bool


class Listings(Table):
    """Queries for an owner's ready and trashed photos."""

    def list_ready(self, owner_id: str, *, limit: int, order: Order, after: str | None) -> Page:
        """Ready photos in the order of creation, after the photo id `after`."""
        return self.list_photos(owner_id, "ready", limit=limit, order=order, after=after)

    def list_photos(self, owner_id: str, listing: Listing, *, limit: int, order: Order, after: str | None) -> Page:
        """The photos of a listing in the order of creation, after the photo id `after`."""
        found: list[Photo] = []
        start = (
            None if after is None else marshal({"owner_id": owner_id, "photo_id": after, _SORT_KEYS[listing]: after})
        )
        while len(found) <= limit:
            response = self._client.query(
                TableName=self._name,
                IndexName=listing,
                KeyConditionExpression="owner_id = :owner",
                ExpressionAttributeValues=marshal({":owner": owner_id}),
                ScanIndexForward=order == "asc",
                Limit=limit + 1 - len(found),
                **start_key(start),
            )
            found += [to_photo(unmarshal(item)) for item in response["Items"]]
            start = response.get("LastEvaluatedKey")
            if start is None:
                break
        return Page(photos=tuple(found[:limit]), more=len(found) > limit)

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
