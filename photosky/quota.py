"""The quota of each owner: how many photos, and how many bytes of originals."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Quota:
    """The limits of one owner; None for no limit."""

    photos: int | None = None
    bytes: int | None = None


UNLIMITED: Final = Quota()
