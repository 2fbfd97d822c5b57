"""The secondary indexes of the photos table, and how many of them a deployment creates.

It imports no CDK, so that the tests read it without Node.
"""

import re
from dataclasses import dataclass
from typing import Final

from photosky.store.attributes import (
    CHANGED_INDEX,
    DIGEST_INDEX,
    FAVORITES_INDEX,
    FAVORITES_TAKEN_INDEX,
    READY_INDEX,
    TAKEN_INDEX,
    TRASHED_INDEX,
    UNSETTLED_INDEX,
)


@dataclass(frozen=True)
class Index:
    """A secondary index of the table: its keys, and whether it has whole items or only keys."""

    name: str
    partition_key: str
    sort_key: str
    has_items: bool = True
    are_numbers: bool = False
    """Whether the keys are numbers; they are strings otherwise."""


TABLE_INDEXES: Final = (
    Index(READY_INDEX, "owner_id", "ready_id"),
    Index(DIGEST_INDEX, "owner_id", "ready_sha256", has_items=False),
    Index(UNSETTLED_INDEX, "unsettled_shard", "lease_until", has_items=False, are_numbers=True),
    Index(TRASHED_INDEX, "owner_id", "trashed_id"),
    Index(TAKEN_INDEX, "listing", "taken_id"),
    Index(FAVORITES_INDEX, "favorite_listing", "photo_id"),
    Index(FAVORITES_TAKEN_INDEX, "favorite_listing", "taken_id"),
    Index(CHANGED_INDEX, "owner_id", "changed_id"),
)
"""In the order of their creation: an update of a stack creates at most one (CloudFormation, "AWS::DynamoDB::Table")."""

INDEXES: Final = tuple(index.name for index in TABLE_INDEXES)


class InvalidIndexCountError(ValueError):
    """Raised for an unusable value of the context key `indexes`."""


def index_count(context: object) -> int:
    """The number of indexes that the context key `indexes` gives, by default all. Raises InvalidIndexCountError."""
    if context is None:
        return len(INDEXES)
    if not re.fullmatch("[1-9]", str(context)) or int(str(context)) > len(INDEXES):
        raise InvalidIndexCountError(f"indexes must be a number from 1 to {len(INDEXES)}, not {context!r}.")
    return int(str(context))
