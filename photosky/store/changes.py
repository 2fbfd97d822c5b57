"""What changed in an owner's collection since a position: at least once, and nothing is missed.

The index `changed` has each record and tombstone at the time of its last change. This time is the clock of the function
that wrote it, taken before the write, and the index follows the table with a delay. So the newest part of the index may
still get entries in between: a reader goes on from before that part, and reads it again.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from photosky.photo import Photo, Status, timestamp
from photosky.store.attributes import CHANGED_INDEX, CHANGES_SECONDS, TOMBSTONE_PREFIX
from photosky.store.index_keys import AFTER
from photosky.store.items import marshal, to_photo, unmarshal
from photosky.store.leases import current_milliseconds
from photosky.store.table import Table

CLOCK_SECONDS: Final = 5
"""The largest difference of the clocks of two functions."""

INDEX_SECONDS: Final = 5
"""The largest delay of an index after the table. Usually it is a fraction of a second (DynamoDB developer guide,
"Using Global Secondary Indexes": eventually consistent)."""

WRITE_SECONDS: Final = 16
"""The longest time from the clock's reading to the write: `CONFLICT_SECONDS`, and then three attempts of four seconds
with pauses of up to one and two seconds in between."""

OPEN_SECONDS: Final = CLOCK_SECONDS + WRITE_SECONDS + INDEX_SECONDS
"""Age from which the order of changes is final for every reader. A writer's clock may be behind that of the reader."""

_START: Final = "!"
_END: Final = "~"
_SEPARATOR: Final = ","


class PositionExpiredError(Exception):
    """Raised for a position so old that deletions since then may be forgotten."""


class ChangesPage(NamedTuple):
    """Changes in their order: a photo as it is, or the id of one that left the listings.

    `position` is where the next page starts, and `more` whether it may have changes already.
    """

    changes: tuple[Photo | str, ...]
    position: str
    more: bool


class Position(NamedTuple):
    """How far a reader has come, in Unix milliseconds. It reads the index in rounds, each of one or more pages.

    Attributes:
        since: The beginning of this round; a deletion before it may be unknown to the reader.
        until: The beginning of the next round: everything before it was final when this round began.
        after: The key of the last change that was read in this round; empty at its beginning.
    """

    since: int
    until: int
    after: str

    def to_text(self) -> str:
        """At most 91 ASCII characters."""
        return _SEPARATOR.join((str(self.since), str(self.until), self.after))

    @classmethod
    def from_text(cls, text: str) -> "Position":
        """The inverse of `to_text`."""
        since, until, after = text.split(_SEPARATOR)
        return cls(int(since), int(until), after)


def position_now() -> str:
    """The position of a reader that knows what is listed now: the changes that follow, and the most recent ones."""
    final = _final(current_milliseconds())
    return Position(final, final, "").to_text()


class Changes(Table):
    """Reads of the index `changed`."""

    def changes(self, owner_id: str, after: str | None, limit: int) -> ChangesPage:
        """The next changes after a position of an earlier page, or from the beginning. Raises PositionExpiredError."""
        now = current_milliseconds()
        final = _final(now)
        position = Position(final, final, _START) if after is None else Position.from_text(after)
        if position.since < now - 1000 * CHANGES_SECONDS:
            raise PositionExpiredError
        if not position.after:
            position = Position(position.since, max(position.since, final), _key(position.since))
        response = self._client.query(
            TableName=self._name,
            IndexName=CHANGED_INDEX,
            KeyConditionExpression="owner_id = :owner AND changed_id BETWEEN :first AND :last",
            ExpressionAttributeValues=marshal(
                {":owner": owner_id, ":first": f"{position.after}{AFTER}", ":last": _END}
            ),
            Limit=limit,
        )
        items = [unmarshal(item) for item in response["Items"]]
        more = "LastEvaluatedKey" in response
        following = (
            Position(position.since, position.until, items[-1]["changed_id"])
            if more and items
            else Position(position.until, position.until, "")
        )
        return ChangesPage(tuple(_change(item) for item in items), following.to_text(), more)


def _final(now: int) -> int:
    """The time before which the order of changes is final."""
    return now - 1000 * OPEN_SECONDS


def _key(milliseconds: int) -> str:
    """The key before those of all changes at this time."""
    return timestamp(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _change(item: Mapping[str, Any]) -> Photo | str:
    photo_id = str(item["photo_id"])
    if photo_id.startswith(TOMBSTONE_PREFIX):
        return photo_id.removeprefix(TOMBSTONE_PREFIX)
    photo = to_photo(item)
    return photo if photo.status is Status.READY else photo_id
