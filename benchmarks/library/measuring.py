"""Measurements of all cases for collections of several sizes."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.library.cases import CASES, Case, Library
from benchmarks.library.client import Client, Cost
from benchmarks.library.collection import Collection
from benchmarks.library.service import Service
from photosky.aws import session
from photosky.telemetry import logger

Costs = Mapping[str, Mapping[int, Cost]]
"""By case and size."""

_WARM_UP: Final = 1


def libraries(sizes: Sequence[int]) -> list[Library]:
    """Collections of these sizes. The environment has the function's variables."""
    collections = [Collection(size) for size in sizes]
    tables = [collection.table() for collection in collections]
    service = Service(session(), tables[0])
    return [Library(collection, Client(service, table)) for collection, table in zip(collections, tables, strict=True)]


def measure(found: Sequence[Library], rounds: int, show: Callable[[str], None], *, warm_up: int = _WARM_UP) -> Costs:
    """Measure each case. All sizes take turns in each round, so that other load on the machine affects them alike.

    The first `warm_up` rounds do not count: they take more CPU time, and the first request writes the cursors' key.
    """
    costs = {}
    with _without_log():
        for case in CASES:
            show(case.name)
            costs[case.name] = _measured(case, found, rounds, warm_up)
    return costs


def _measured(case: Case, found: Sequence[Library], rounds: int, warm_up: int) -> dict[int, Cost]:
    sent = [(library, case.requests(library)) for library in found]
    every: dict[int, list[Cost]] = {library.collection.count: [] for library in found}
    for number in range(warm_up + rounds):
        for library, requests in sent:
            cost = library.client.measure(next(requests))
            if number >= warm_up:
                every[library.collection.count].append(cost)
    return {size: min(costs, key=lambda cost: cost.cpu_seconds) for size, costs in every.items()}


@contextmanager
def _without_log() -> Iterator[None]:
    """Write log lines as the function does, but to no file."""
    handlers = [handler for handler in logger.handlers if isinstance(handler, logging.StreamHandler)]
    with Path(os.devnull).open("w", encoding="utf-8") as ignored:
        streams = [handler.setStream(ignored) for handler in handlers]
        try:
            yield
        finally:
            for handler, stream in zip(handlers, streams, strict=True):
                handler.setStream(stream)
