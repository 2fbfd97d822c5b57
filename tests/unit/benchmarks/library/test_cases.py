"""The requests of the library keep the limits of their costs."""

import pytest

from benchmarks.library.cases import CASES, Library
from benchmarks.library.client import Cost, Request
from benchmarks.library.limits import BASE, verdicts
from benchmarks.library.measuring import libraries, measure
from photosky.photo import Status

CPU_GROWTH = f"CPU per photo of a page, compared with {BASE:,} photos"
"""With one round, other load on the machine decides it."""


@pytest.mark.slow
@pytest.mark.usefixtures("function")
def test_requests_keep_their_limits_in_collections_of_two_sizes() -> None:
    costs = measure(libraries([BASE, 3 * BASE]), 1, lambda _: None, warm_up=0)
    assert list(costs) == [case.name for case in CASES]
    full = [name for name, by_size in costs.items() if name.startswith("`GET /photos") and by_size[BASE].shown == 100]
    assert len(full) == 4
    checked = verdicts(costs)
    assert len(checked) == 7
    assert [verdict for verdict in checked if not verdict.is_kept and verdict.limit != CPU_GROWTH] == []


def test_a_read_costs_what_it_reads(library: Library) -> None:
    request = Request("GET", "/photos", query={"limit": "20"})
    library.client.send(request)  # The first request also writes the key of the cursors.
    cost = library.client.measure(request)
    assert (cost.items_read, cost.shown, cost.read_units, cost.write_units) == (21, 20, 5.5, 0)
    assert 0 < cost.cpu_seconds < 5


def test_a_write_costs_record_copies_and_index_entries(library: Library) -> None:
    photo = library.photos(1)[0]
    request = Request("PATCH", "/photos/{photo_id}", photo.photo_id, document={"title": "New"})
    cost = library.client.measure(request)
    # The record: 2 x 3 in the transaction, 3 each in ready and taken, 2 x 3 in changed. Each copy: 2 x 2, and 2 each.
    assert cost == Cost(1, 1, 1, 18 + 3 * 8, cost.cpu_seconds)


def test_photos_are_ready_dated_and_no_favourites(library: Library) -> None:
    photos = library.photos(90)
    assert all(photo.status is Status.READY and photo.taken_at and not photo.favorite for photo in photos)
    assert library.photos(300)[:90] == photos
    assert library.favorite() == library.collection.photo(3)
