"""Whether a page costs the same however many photos its owner has, and wherever in the listing it is.

The photos are copies of the record that one real upload made, written straight into the table. What is compared is
asked for at the same moments, and told by its fastest answers: what else the machine does makes an answer slower, never
faster.
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
LISTINGS: Final = ((50, "desc"), (50, "asc"), (100, "desc"), (100, "asc"))
"""Limit and order."""

PARTS: Final = 5
"""A listing's pages are judged in so many parts, from its first pages to its last."""

ATTEMPTS: Final = 2
"""How many times each page is asked for."""

FAST_PERCENT: Final = 10
"""Of a part's answers so many percent are as fast as what is told of it, or faster."""

TOLERANCE: Final = 1.3
"""How much slower a part may be; on a busy machine what costs the same differs by about as much."""

_BATCH: Final = 25
"""Items in one BatchWriteItem (API reference)."""


class ListingError(Exception):
    """The pages of a listing do not hold every photo once, in order."""


class Times(NamedTuple):
    """One page and what it is compared with, asked for at the same moment, in milliseconds."""

    page: float
    first: float
    """The first page of the same listing."""
    few: float
    """`SMALL` photos from where the page starts."""
    small: float
    """The small collection's page."""


@dataclass(frozen=True)
class Part:
    """Some neighbouring pages of one listing."""

    limit: int
    order: str
    first_page: int
    last_page: int
    times: Sequence[Times]
    """Of each page, several."""

    @property
    def to_small(self) -> float:
        """A page of `SMALL` photos of the large collection to the small collection's: both hold as many."""
        return self.percentile("few", FAST_PERCENT) / self.percentile("small", FAST_PERCENT)

    @property
    def to_first(self) -> float:
        """A page to the listing's first."""
        return self.percentile("page", FAST_PERCENT) / self.percentile("first", FAST_PERCENT)

    def percentile(self, kind: str, percent: float) -> float:
        """Of the times of one kind, a field of `Times`."""
        return percentile([getattr(times, kind) for times in self.times], percent)


def parts(limit: int, order: str, pages: Sequence[Sequence[Times]]) -> list[Part]:
    """The pages of a listing, cut into `PARTS` of about the same length."""
    edges = [len(pages) * part // PARTS for part in range(PARTS + 1)]
    return [
        Part(limit, order, start + 1, end, [times for page in pages[start:end] for times in page])
        for start, end in itertools.pairwise(edges)
        if end > start
    ]


def problems(measured: Sequence[Part]) -> Iterator[str]:
    """Where pages are slower than the small collection's (of as many photos), or than the listing's first."""
    for part in measured:
        where = f"limit {part.limit}, {part.order}, pages {part.first_page} to {part.last_page}"
        if part.to_small > TOLERANCE:
            yield f"{where}: {part.to_small:.2f} times the small collection's"
        if part.to_first > TOLERANCE:
            yield f"{where}: {part.to_first:.2f} times the first page"


def parts_table(measured: Sequence[Part]) -> Table:
    """The parts, in milliseconds."""
    columns = [(kind, percent) for kind in Times._fields for percent in (FAST_PERCENT, 95)]
    shown = table("listing", "pages", *(f"{kind} p{percent}" for kind, percent in columns), "to first", "to small")
    for part in measured:
        figures = [part.percentile(kind, percent) for kind, percent in columns]
        pages = f"{part.first_page}-{part.last_page}"
        ratios = (f"{part.to_first:.2f}", f"{part.to_small:.2f}")
        shown.add_row(f"{part.limit} {part.order}", pages, *(f"{ms:.0f}" for ms in figures), *ratios)
    return shown


def run(stack: Stack, photos: int, progress: Progress) -> int:
    """Measure every page of `photos` photos beside the page of `SMALL`; 0 when all are as fast."""
    measured: list[Part] = []
    names = [stack.make_person(number) for number in (0, 1)]
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
                walked = parts(limit, order, walk(large, small, limit, order, expected))
            progress.table(parts_table(walked))
            measured += walked
    found = list(problems(measured))
    for problem in found:
        progress.say(problem)
    return 1 if found else 0


def fill(stack: Stack, username: str, client: Client, photos: int) -> list[str]:
    """Give somebody so many ready photos: one is sent, the others are its record's copies. The ids, oldest first."""
    first_id, response = client.send(encoded("jpeg"))
    response.raise_for_status()
    dynamodb, table_name = stack.client("dynamodb"), stack.table_name
    ids = [first_id, *(new_photo_id() for _ in range(photos - 1))]
    key = {"owner_id": {"S": stack.owner_id(username)}, "photo_id": {"S": first_id}}
    record = json.dumps(dynamodb.get_item(TableName=table_name, Key=key)["Item"])
    for start in range(1, photos, _BATCH):
        copies = [json.loads(record.replace(first_id, photo_id)) for photo_id in ids[start : start + _BATCH]]
        answer = dynamodb.batch_write_item(RequestItems={table_name: [{"PutRequest": {"Item": one}} for one in copies]})
        if answer["UnprocessedItems"]:
            raise RuntimeError(f"{table_name} did not take {answer['UnprocessedItems']}")
    return ids


def walk(large: Client, small: Client, limit: int, order: str, expected: Sequence[str]) -> list[list[Times]]:
    """The times of each page, `ATTEMPTS` of them.

    Raises ListingError unless the pages hold every photo once, in order.
    """
    seen: list[str] = []
    walked: list[list[Times]] = []
    start: dict[str, Any] = {}
    while True:
        asked = {
            "page": (large, {"limit": limit, "order": order} | start),
            "first": (large, {"limit": limit, "order": order}),
            "few": (large, {"limit": SMALL, "order": order} | start),
            "small": (small, {"limit": SMALL, "order": order}),
        }
        walked.append([_times(asked, turn) for turn in range(ATTEMPTS)])
        page = asked["page"][0].call("GET", "/photos", params=asked["page"][1]).json()
        seen += [photo["photo_id"] for photo in page["photos"]]
        if page["next_cursor"] is None:
            break
        start = {"cursor": page["next_cursor"]}
    if seen != list(expected):
        raise ListingError(f"the pages list {len(seen)} photos, not the {len(expected)} expected ones in {order} order")
    return walked


def _times(asked: Mapping[str, tuple[Client, Mapping[str, Any]]], turn: int) -> Times:
    """The times of each kind, asked in an order of the turn's: what a large answer leaves behind slows the next."""
    kinds = list(asked) if turn % 2 else list(asked)[::-1]
    return Times(**{kind: _milliseconds(*asked[kind]) for kind in kinds})


def _milliseconds(client: Client, query: Mapping[str, Any]) -> float:
    started = time.perf_counter()
    response = client.call("GET", "/photos", params=query)
    milliseconds = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    return milliseconds
