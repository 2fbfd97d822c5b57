"""Latency of listings of a large and a small collection.

A page should take the same time however many photos its owner has, and wherever in the listing it is. The photos are
copies of the record of one real upload, written to the table. Latencies that are compared are measured at the same
time, and their fastest responses count: other load on the machine only makes responses slower.
"""

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rich.table import Table

from benchmarks.load.report import percentile, table
from benchmarks.load.stack import Stack
from local.progress import Progress
from photosky.photo import new_photo_id
from tests.local.client import Client, signed_in
from tests.pictures import encoded

SMALL: Final = 10
"""Photos of the small collection."""

LISTINGS: Final = ((50, "desc"), (50, "asc"), (100, "desc"), (100, "asc"))
"""Limit and order."""

SECTIONS: Final = 5
"""Of each listing, from its first pages to its last; each is compared on its own."""

ATTEMPTS: Final = 2
"""Requests of each page."""

FAST_PERCENT: Final = 10
"""Percentile of a section's latencies that is compared."""

TOLERANCE: Final = 1.3
"""Highest ratio of two compared latencies; on a busy machine equal requests differ by about as much."""

_BATCH_ITEMS: Final = 25
"""Of one BatchWriteItem (API reference)."""


class ListingError(Exception):
    """The pages of a listing do not hold every photo once, in order."""


class Latencies(NamedTuple):
    """Of one page and of the requests that it is compared with, measured at the same time, in milliseconds."""

    page: float
    first: float
    """First page of the same listing."""
    few: float
    """`SMALL` photos from the start of the page."""
    small: float
    """Page of the small collection."""


@dataclass(frozen=True)
class Section:
    """Consecutive pages of one listing."""

    limit: int
    order: str
    first_page: int
    last_page: int
    latencies: Sequence[Latencies]
    """Several of each page."""

    @property
    def ratio_to_small(self) -> float:
        """Latency of `SMALL` photos of the large collection, relative to the page of the small collection."""
        return self.percentile("few", FAST_PERCENT) / self.percentile("small", FAST_PERCENT)

    @property
    def ratio_to_first(self) -> float:
        """Latency of a page relative to the listing's first page."""
        return self.percentile("page", FAST_PERCENT) / self.percentile("first", FAST_PERCENT)

    def percentile(self, kind: str, percent: float) -> float:
        """Percentile of one field of `Latencies`."""
        return percentile([getattr(latencies, kind) for latencies in self.latencies], percent)


def run(stack: Stack, photos: int, progress: Progress) -> int:
    """Compare every page of `photos` photos with the page of `SMALL` photos; the exit status."""
    sections: list[Section] = []
    names = [stack.create_user(number) for number in (0, 1)]
    password = stack.connection.password
    with (
        signed_in(stack.connection, names[0], password) as large,
        signed_in(stack.connection, names[1], password) as small,
    ):
        with progress.step(f"{photos} and {SMALL} photos"):
            oldest_first = fill(stack, names[0], large, photos)
            fill(stack, names[1], small, SMALL)
        for limit, order in LISTINGS:
            with progress.step(f"pages of {limit}, {order}"):
                expected = oldest_first if order == "asc" else oldest_first[::-1]
                found = split(limit, order, walk(large, small, limit, order, expected))
            progress.table(sections_table(found))
            sections += found
    slow = list(problems(sections))
    for problem in slow:
        progress.say(problem)
    return 1 if slow else 0


def fill(stack: Stack, username: str, client: Client, photos: int) -> list[str]:
    """Give a user so many ready photos: one upload and copies of its record; the photo IDs, oldest first."""
    first_id, response = client.send(encoded("jpeg"))
    response.raise_for_status()
    dynamodb, table_name = stack.client("dynamodb"), stack.table_name
    ids = [first_id, *(new_photo_id() for _ in range(photos - 1))]
    key = {"owner_id": {"S": stack.owner_id(username)}, "photo_id": {"S": first_id}}
    record = json.dumps(dynamodb.get_item(TableName=table_name, Key=key)["Item"])
    for start in range(1, photos, _BATCH_ITEMS):
        copies = [json.loads(record.replace(first_id, photo_id)) for photo_id in ids[start : start + _BATCH_ITEMS]]
        written = dynamodb.batch_write_item(
            RequestItems={table_name: [{"PutRequest": {"Item": one}} for one in copies]}
        )
        if written["UnprocessedItems"]:
            raise RuntimeError(f"{table_name} did not process {written['UnprocessedItems']}")
    return ids


def walk(large: Client, small: Client, limit: int, order: str, expected: Sequence[str]) -> list[list[Latencies]]:
    """Measure each page `ATTEMPTS` times. Raises ListingError unless the pages hold every photo once, in order."""
    seen: list[str] = []
    pages: list[list[Latencies]] = []
    start: dict[str, Any] = {}
    while True:
        requests = {
            "page": (large, {"limit": limit, "order": order} | start),
            "first": (large, {"limit": limit, "order": order}),
            "few": (large, {"limit": SMALL, "order": order} | start),
            "small": (small, {"limit": SMALL, "order": order}),
        }
        pages.append([_measure(requests, attempt) for attempt in range(ATTEMPTS)])
        client, query = requests["page"]
        page = client.call("GET", "/photos", params=query).json()
        seen += [photo["photo_id"] for photo in page["photos"]]
        if page["next_cursor"] is None:
            break
        start = {"cursor": page["next_cursor"]}
    if seen != list(expected):
        raise ListingError(f"{len(seen)} photos are listed in {order} order, not the {len(expected)} expected ones")
    return pages


def split(limit: int, order: str, pages: Sequence[Sequence[Latencies]]) -> list[Section]:
    """Split the pages of a listing into `SECTIONS` of about the same length."""
    edges = [len(pages) * section // SECTIONS for section in range(SECTIONS + 1)]
    return [
        Section(limit, order, start + 1, end, [latencies for page in pages[start:end] for latencies in page])
        for start, end in itertools.pairwise(edges)
        if end > start
    ]


def problems(sections: Sequence[Section]) -> Iterator[str]:
    """Sections that are slower than the small collection (with as many photos) or than the listing's first page."""
    for section in sections:
        where = f"limit {section.limit}, {section.order}, pages {section.first_page} to {section.last_page}"
        if section.ratio_to_small > TOLERANCE:
            yield f"{where}: {section.ratio_to_small:.2f} times the small collection's latency"
        if section.ratio_to_first > TOLERANCE:
            yield f"{where}: {section.ratio_to_first:.2f} times the first page's latency"


def sections_table(sections: Sequence[Section]) -> Table:
    """Latencies by section, in milliseconds, and their ratios."""
    columns = [(kind, percent) for kind in Latencies._fields for percent in (FAST_PERCENT, 95)]
    shown = table("listing", "pages", *(f"{kind} p{percent}" for kind, percent in columns), "to first", "to small")
    for section in sections:
        figures = [section.percentile(kind, percent) for kind, percent in columns]
        pages = f"{section.first_page}-{section.last_page}"
        ratios = (f"{section.ratio_to_first:.2f}", f"{section.ratio_to_small:.2f}")
        shown.add_row(f"{section.limit} {section.order}", pages, *(f"{ms:.0f}" for ms in figures), *ratios)
    return shown


def _measure(requests: Mapping[str, tuple[Client, Mapping[str, Any]]], attempt: int) -> Latencies:
    """Measure one request of each kind; the order alternates, since a large response slows the next request."""
    kinds = list(requests) if attempt % 2 else list(requests)[::-1]
    return Latencies(**{kind: _milliseconds(*requests[kind]) for kind in kinds})


def _milliseconds(client: Client, query: Mapping[str, Any]) -> float:
    started = time.perf_counter()
    response = client.call("GET", "/photos", params=query)
    milliseconds = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    return milliseconds
