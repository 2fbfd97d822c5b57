"""The requests that are measured."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle, islice, repeat
from typing import Any, Final, Literal

from api import queries
from api.batch import MAX_OPERATIONS
from api.queries import MAX_LIMIT, ListChanges
from benchmarks.library.client import Client, Request
from benchmarks.library.collection import OWNER, Collection, month_of
from photosky.photo import Photo, Status
from photosky.store import cursors
from photosky.store.attributes import READY_INDEX, TAKEN_INDEX
from photosky.store.changes import OPEN_SECONDS, Position
from photosky.store.leases import current_milliseconds
from photosky.store.photos import photos_table

NEWS: Final = 10

Kind = Literal["page", "timeline", "changes", "photo", "write"]
Query = Mapping[str, str]


@dataclass(frozen=True)
class Library:
    """One collection and the client of its table."""

    collection: Collection
    client: Client

    def photos(self, number: int) -> list[Photo]:
        """So many ready photos from the middle, dated and no favourites; repeated if there are fewer."""
        middle = self.collection.count // 2
        found = (
            self.collection.photo((middle + step) % self.collection.count) for step in range(self.collection.count)
        )
        plain = (photo for photo in found if photo.status is Status.READY and photo.taken_at and not photo.favorite)
        return list(islice(cycle(islice(plain, number)), number))

    def favorite(self) -> Photo:
        """The first ready favourite."""
        photos = map(self.collection.photo, range(self.collection.count))
        return next(photo for photo in photos if photo.favorite and photo.status is Status.READY)


@dataclass(frozen=True)
class Case:
    """One row of the results: its endless requests for a collection, which may send others in between."""

    name: str
    kind: Kind
    requests: Callable[[Library], Iterator[Request]]


def _page(query: Query | Callable[[Library], Query], library: Library) -> Iterator[Request]:
    values = query(library) if callable(query) else query
    return repeat(Request("GET", "/photos", query={"limit": str(MAX_LIMIT), **values}))


def _middle_page(index: str, query: Query, library: Library) -> Iterator[Request]:
    """The page after the middle of an index."""
    sort_keys = library.client.table.sort_keys(index, OWNER)
    listing = queries.read_list(query).listing
    cursor = cursors.seal(photos_table().cursor_key, OWNER, listing, sort_keys[len(sort_keys) // 2])
    return _page({**query, "cursor": cursor}, library)


def _tag(library: Library) -> Query:
    """A tag that a favourite has."""
    return {"tag": library.favorite().tags[0]}


def _tagged_favorites(library: Library) -> Query:
    return {**_tag(library), "favorite": "true"}


def _month(library: Library) -> Query:
    first, last = month_of(library.photos(1)[0])
    return {"taken_from": first, "taken_to": last}


def _read(resource: str, query: Query, _library: Library) -> Iterator[Request]:
    return repeat(Request("GET", resource, query=query))


def _read_photo(library: Library) -> Iterator[Request]:
    return repeat(Request("GET", "/photos/{photo_id}", library.photos(1)[0].photo_id))


def _poll(news: int, library: Library) -> Iterator[Request]:
    """A client's poll, whose last one was just before `news` edits."""
    since = current_milliseconds() - 1000 * OPEN_SECONDS
    position = Position(since, since, "").to_text()
    cursor = cursors.seal(photos_table().cursor_key, OWNER, ListChanges.listing, position)
    for photo in library.photos(news):
        library.client.send(_patch(photo, title="News"))
    return _read("/changes", {"limit": str(MAX_LIMIT), "cursor": cursor}, library)


def _patch(photo: Photo, **changes: Any) -> Request:
    return Request("PATCH", "/photos/{photo_id}", photo.photo_id, document=changes)


def _edit_title(library: Library) -> Iterator[Request]:
    (photo,) = library.photos(1)
    return (_patch(photo, title=f"Title {number}") for number in count())


def _replace_tag(library: Library) -> Iterator[Request]:
    (photo,) = library.photos(1)
    return cycle([_patch(photo, tags=[*photo.tags[1:], "replaced"]), _patch(photo, tags=photo.tags)])


def _mark(library: Library) -> Iterator[Request]:
    (photo,) = library.photos(1)
    while True:
        library.client.send(_patch(photo, favorite=False))
        yield _patch(photo, favorite=True)


def _edit_batch(library: Library) -> Iterator[Request]:
    photos = library.photos(MAX_OPERATIONS)
    for number in count():
        edit = {"op": "edit", "changes": {"title": f"Title {number}"}}
        operations = [{**edit, "photo_id": photo.photo_id} for photo in photos]
        yield Request("POST", "/photos/batch", document={"operations": operations})


def _trash(library: Library) -> Iterator[Request]:
    photo_id = library.photos(2)[1].photo_id
    while True:
        library.client.send(Request("POST", "/photos/{photo_id}/restore", photo_id))
        yield Request("DELETE", "/photos/{photo_id}", photo_id)


def _restore(library: Library) -> Iterator[Request]:
    """Of another photo: a second DELETE of one in the trash would remove it."""
    photo_id = library.photos(3)[2].photo_id
    while True:
        library.client.send(Request("DELETE", "/photos/{photo_id}", photo_id))
        yield Request("POST", "/photos/{photo_id}/restore", photo_id)


_TAKEN: Final = {"sort": "taken_at"}

CASES: Final = (
    Case("`GET /photos`, first page", "page", partial(_page, {})),
    Case("`GET /photos`, middle page", "page", partial(_middle_page, READY_INDEX, {})),
    Case("`GET /photos?sort=taken_at`, first page", "page", partial(_page, _TAKEN)),
    Case("`GET /photos?sort=taken_at`, middle page", "page", partial(_middle_page, TAKEN_INDEX, _TAKEN)),
    Case("`GET /photos`, a month", "page", partial(_page, _month)),
    Case("`GET /photos?favorite=true`", "page", partial(_page, {"favorite": "true"})),
    Case("`GET /photos?tag=…`", "page", partial(_page, _tag)),
    Case("`GET /photos?favorite=true&tag=…`", "page", partial(_page, _tagged_favorites)),
    Case("`GET /photos?status=trashed`", "page", partial(_page, {"status": "trashed"})),
    Case("`GET /changes`, from the beginning", "changes", partial(_read, "/changes", {"limit": str(MAX_LIMIT)})),
    Case("`GET /changes`, nothing new", "changes", partial(_poll, 0)),
    Case(f"`GET /changes`, {NEWS} new", "changes", partial(_poll, NEWS)),
    *(
        Case(f"`GET /timeline?unit={unit}`", "timeline", partial(_read, "/timeline", {"unit": unit}))
        for unit in ("year", "month", "day")
    ),
    Case("`GET /photos/{photo_id}`", "photo", _read_photo),
    Case("`PATCH`, a title", "write", _edit_title),
    Case("`PATCH`, one of three tags replaced", "write", _replace_tag),
    Case("`PATCH`, marked as favourite", "write", _mark),
    Case(f"`POST /photos/batch`, {MAX_OPERATIONS} titles", "write", _edit_batch),
    Case("`DELETE`, to the trash", "write", _trash),
    Case("`POST …/restore`", "write", _restore),
)
"""Reads come first, because writes are changes. What a write needs is undone before each request."""
