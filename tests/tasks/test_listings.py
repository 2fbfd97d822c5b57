"""Every listing is a filter and an order of the photos, and a page reads what it returns."""

import random
from collections.abc import Iterator
from itertools import cycle, product
from typing import Any, Final

import pytest

from photosky.photo import Photo, Status
from photosky.store.index_keys import taken_id
from photosky.store.listings import Listing, Order, Sort, View
from tests.clock import Clock
from tests.storage import OTHER_OWNER, OWNER, Storage
from tests.tasks.library import TAGS, Library, ingested

PHOTOS: Final = 35
CHANGES: Final = 30
SEED: Final = 5
PERIODS: Final = ((None, None), ("2026-01-01", None), (None, "2026-01-01"), ("2026-01-01", "2026-01-31"))
STATUSES: Final[tuple[Listing, ...]] = ("ready", "trashed")
ORDERS: Final[tuple[Order, ...]] = ("asc", "desc")


def views() -> Iterator[View]:
    """All kinds of views; only the order by capture has periods."""
    sorts: list[tuple[Sort, str | None, str | None]] = [
        ("created_at", None, None),
        *(("taken_at", first, last) for first, last in PERIODS),
    ]
    for status, (sort, first, last), favorite, tag in product(
        STATUSES, sorts, (False, True), (None, "LAKE", "#trashed")
    ):
        yield View(status, sort, favorite, tag, first, last)


def is_in(view: View, photo: Photo) -> bool:
    """Whether a view has a photo."""
    date = (photo.shown_taken_at or photo.created_at)[:10]
    return (
        photo.status == view.status
        and (not view.is_favorite or photo.favorite)
        and (view.tag is None or view.tag.casefold() in {tag.casefold() for tag in photo.tags})
        and (view.taken_from or "") <= date <= (view.taken_to or "~")
    )


def without_private(photo: Photo) -> dict[str, Any]:
    """What the API shows of a photo, and its owner."""
    return photo.present(lambda key: key) | {"owner_id": photo.owner_id}


class Reads:
    """The photos and the number of items that pages read."""

    def __init__(self, storage: Storage) -> None:
        self.table = storage.table
        self.items = 0

    def pages(self, view: View, limit: int, order: Order) -> list[Photo]:
        """The photos of all pages of a view. No page reads more than one item in addition to its photos."""
        found: list[Photo] = []
        position = None
        while True:
            self.items = 0
            page = self.table.list_photos(OWNER, view, limit=limit, order=order, after=position)
            assert self.items == len(page.photos) + (page.position is not None)
            assert len(page.photos) == limit or page.position is None
            found += page.photos
            position = page.position
            if position is None:
                return found

    def count(self, parsed: dict[str, Any], **_: Any) -> None:
        assert parsed["ScannedCount"] == parsed["Count"] == len(parsed["Items"])
        self.items += parsed["ScannedCount"]


@pytest.fixture
def reads(storage: Storage) -> Iterator[Reads]:
    """Reads of the table. Clients are shared by all tests."""
    reads, events = Reads(storage), storage.dynamodb.meta.events
    events.register("after-call.dynamodb.Query", reads.count)
    yield reads
    events.unregister("after-call.dynamodb.Query", reads.count)


def test_listings_are_filters_and_orders_of_the_photos(storage: Storage, clock: Clock, reads: Reads) -> None:
    library = Library(storage, clock, random.Random(SEED))
    for _ in range(PHOTOS):
        library.add()
    for _ in range(CHANGES):
        library.change()
    sizes = cycle(range(1, 6))
    counts = []
    for view, order in product(views(), ORDERS):
        expected = sorted(
            (photo for photo in library.photos.values() if is_in(view, photo)),
            key=taken_id if view.sort == "taken_at" else lambda photo: photo.photo_id,
            reverse=order == "desc",
        )
        found = reads.pages(view, next(sizes), order)
        assert list(map(without_private, found)) == list(map(without_private, expected)), (view, order)
        counts.append(len(expected))
    assert sum(count > 5 for count in counts) > 30  # Several pages.


@pytest.mark.parametrize("order", ORDERS)
def test_page_of_every_size_continues_after_the_last_photo(
    storage: Storage, clock: Clock, reads: Reads, order: Order
) -> None:
    library = Library(storage, clock, random.Random(SEED))
    for _ in range(6):
        library.add()
    ids = sorted(library.photos, reverse=order == "desc")
    by_capture = sorted(library.photos.values(), key=taken_id, reverse=order == "desc")
    for limit in range(1, 8):
        assert [photo.photo_id for photo in reads.pages(View(), limit, order)] == ids
        assert reads.pages(View(sort="taken_at"), limit, order) == by_capture


def test_listings_have_no_other_owner_and_no_other_status(storage: Storage) -> None:
    ingested(storage)
    storage.put_photo()
    deleting = ingested(storage)
    storage.begin_delete(deleting)
    (photo,) = storage.table.list_photos(OWNER, View(), limit=9, order="asc", after=None).photos
    assert photo.status is Status.READY
    for view in views():
        assert storage.table.list_photos(OTHER_OWNER, view, limit=9, order="asc", after=None).photos == ()


@pytest.mark.parametrize("tag", TAGS)
def test_tag_of_a_ready_photo_is_not_in_the_trash(storage: Storage, tag: str) -> None:
    photo = ingested(storage, tags=(tag,))
    trashed = storage.table.trash(ingested(storage), 100)
    for view, expected in (
        (View(tag=tag), [photo.photo_id]),
        (View("trashed", tag=tag), []),
        (View("trashed"), [trashed.photo_id]),
        (View("trashed", "taken_at"), [trashed.photo_id]),
    ):
        page = storage.table.list_photos(OWNER, view, limit=9, order="asc", after=None)
        assert [found.photo_id for found in page.photos] == expected
