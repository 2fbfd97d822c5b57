"""The photos table with all of its operations."""

from functools import cache

from botocore.config import Config

from photosky.aws import session
from photosky.settings import settings
from photosky.store.changes import Changes
from photosky.store.deletions import Deletions
from photosky.store.holds import Holds
from photosky.store.idempotency import Idempotency
from photosky.store.listings import Listings
from photosky.store.records import Records
from photosky.store.timeline import Timeline
from photosky.store.transitions import Transitions
from photosky.store.trash import Trash


class PhotosTable(Transitions, Holds, Trash, Deletions, Listings, Timeline, Changes, Records, Idempotency):
    """Every operation on the photos table, by subject: one base class and module each."""


@cache
def photos_table() -> PhotosTable:
    """The table of this deployment. Its client's timeouts are shorter than those of the functions."""
    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "max_attempts": 3})
    return PhotosTable(session().client("dynamodb", config=config), settings().table_name)
