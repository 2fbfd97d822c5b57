"""Listings of the media bucket by photo."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, takewhile

from photosky.store import keys
from photosky.store.media import ListedObject, media_bucket

Group = tuple[str, str, str]
"""The prefix, the owner and the photo in a key; empty strings where it has none."""


def photo_objects(owner_id: str, photo_id: str) -> dict[str, ListedObject]:
    """All objects of one photo, by key."""
    found = chain.from_iterable(media_bucket().walk(f"{prefix}{owner_id}/{photo_id}") for prefix in keys.PREFIXES)
    return {stored.key: stored for stored in found if group_of(stored)[1:] == (owner_id, photo_id)}


def objects_between(prefix: str, owner_id: str, first: str, last: str) -> Iterator[ListedObject]:
    """The objects below a prefix of an owner's photos, from one photo to another."""
    folder = f"{prefix}{owner_id}/"
    behind = f"{folder}{last}0"  # "0" is the character that follows "/".
    listed = media_bucket().walk(folder, after=f"{folder}{first[:-1]}")
    return takewhile(lambda stored: stored.key < behind, listed)


def groups(after: str) -> Iterator[tuple[Group, list[ListedObject]]]:
    """The objects of each photo below each prefix, in the order of keys, after a key."""
    for group, objects in groupby(media_bucket().walk(after=after), key=group_of):
        yield group, list(objects)


def group_of(stored: ListedObject) -> Group:
    """The group of an object."""
    prefix, _, rest = stored.key.partition("/")
    owner_id, _, rest = rest.partition("/")
    return f"{prefix}/", owner_id, rest.partition("/")[0]


def sizes(objects: Iterable[ListedObject]) -> dict[str, int]:
    """The objects' bytes by key."""
    return {stored.key: stored.size_bytes for stored in objects}
