"""The quota of each owner: how many photos, and how many bytes of originals."""

from typing import Final, NamedTuple


class Quota(NamedTuple):
    """The limits of one owner; None for no limit."""

    photos: int | None = None
    bytes: int | None = None


UNLIMITED: Final = Quota()
