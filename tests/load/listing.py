"""Whether a page costs the same however many photos its owner has, and wherever in the listing it is.

The photos are copies of the record that one real upload made, written straight into the table. The pages of the large
and the small collection are asked for in turns, so that a busy machine slows both.
"""

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from rich.table import Table

from local.progress import Progress
from photosky.photo import new_photo_id
from tests.load.report import percentile, table
from tests.load.stack import Stack
from tests.local.client import Client, signed_in
from tests.pictures import encoded

SMALL: Final = 10
LISTINGS: Final = ((50, "desc"), (50, "asc"), (100, "desc"), (100, "asc"))
"""Limit and order."""

PARTS: Final = 5
"""A listing's pages are judged in so many parts, from its first pages to its last."""

TOLERANCE: Final = 1.3
"""How much slower a part's median may be; a busy machine's medians differ by about as much."""

_BATCH: Final = 25
"""Items in one BatchWriteItem (API reference)."""


@dataclass(frozen=True)
class Part:
    """Some neighbouring pages of one listing; for each, asked for at the same time, `SMALL` photos from where it starts
    and the small collection's page, which compare because they hold as many."""

    limit: int
    order: str
    first_page: int
    last_page: int
    page_ms: Sequence[float]
    few_ms: Sequence[float]
    small_ms: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median page of `SMALL` photos of the large collection to the small collection's."""
        return median(self.few_ms) / median(self.small_ms)

    @property
    def relative_cost(self) -> float:
        """The median page to the small collection's."""
        return median(self.page_ms) / median(self.small_ms)


def parts(
    limit: int, order: str, page_ms: Sequence[float], few_ms: Sequence[float], small_ms: Sequence[float]
) -> list[Part]:
    """The pages of a listing, cut into `PARTS` of about the same length."""
    pages = len(page_ms)
    edges = [pages * part // PARTS for part in range(PARTS + 1)]
    return [
        Part(limit, order, start + 1, end, page_ms[start:end], few_ms[start:end], small_ms[start:end])
        for start, end in itertools.pairwise(edges)
        if end > start
    ]


def problems(measured: Sequence[Part]) -> Iterator[str]:
    """Where pages are slower than the small collection's (of as many photos), or than the first pages were.

    The latter in the small collection's pages of the same moments, because minutes lie between.
    """
    first = {(part.limit, part.order): part.relative_cost for part in reversed(measured)}
    for part in measured:
        where = f"limit {part.limit}, {part.order}, pages {part.first_page} to {part.last_page}"
        if part.ratio > TOLERANCE:
            yield f"{where}: {part.ratio:.2f} times the small collection's"
        slower = part.relative_cost / first[part.limit, part.order]
        if slower > TOLERANCE:
            yield f"{where}: {slower:.2f} times the first pages"


def parts_table(measured: Sequence[Part]) -> Table:
    """The parts, in milliseconds."""
    shown = table(
        "limit, order",
        "pages",
        "p50 ms",
        "p95 ms",
        f"{SMALL} p50 ms",
        f"{SMALL} p95 ms",
        "small p50",
        "small p95",
        "ratio",
    )
    for part in measured:
        figures = [percentile(values, of) for values in (part.page_ms, part.few_ms, part.small_ms) for of in (50, 95)]
        pages = f"{part.first_page}-{part.last_page}"
        shown.add_row(f"{part.limit} {part.order}", pages, *(f"{ms:.1f}" for ms in figures), f"{part.ratio:.2f}")
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
                measured += parts(limit, order, *walk(large, small, limit, order, expected))
    progress.table(parts_table(measured))
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


def walk(
    large: Client, small: Client, limit: int, order: str, expected: Sequence[str]
) -> tuple[list[float], list[float], list[float]]:
    """The milliseconds of each page; of `SMALL` photos from where it starts; and of the small collection's page.

    Raises AssertionError unless the pages hold every photo once, in order.
    """
    seen: list[str] = []
    page_ms: list[float] = []
    few_ms: list[float] = []
    small_ms: list[float] = []
    query: dict[str, Any] = {"limit": limit, "order": order}
    while True:
        page, milliseconds = _timed(large, query)
        page_ms.append(milliseconds)
        few_ms.append(_timed(large, query | {"limit": SMALL})[1])
        small_ms.append(_timed(small, {"limit": SMALL, "order": order})[1])
        seen += [photo["photo_id"] for photo in page["photos"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == list(expected)
    return page_ms, few_ms, small_ms


def _timed(client: Client, query: Mapping[str, Any]) -> tuple[Mapping[str, Any], float]:
    started = time.perf_counter()
    response = client.call("GET", "/photos", params=query)
    milliseconds = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    return response.json(), milliseconds
