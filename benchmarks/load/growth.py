"""Growth of the server's resident memory from its first photos to thousands, and by large uploads.

All photos are kept. The server holds the table and the names of all objects in memory, so that it grows with them;
everything else has a limit that the first photos reach.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import gevent

from benchmarks.load.memory import Growth, resident_mib
from benchmarks.load.stack import Stack
from local.progress import Progress
from tests.local.client import Client, signed_in
from tests.pictures import encoded

CLIENTS: Final = 4
SETTLE_SECONDS: Final = 20
"""Time after the last request, in which the server trims its histories and its heap (every 15 s)."""

_SHOWN_EVERY: Final = 50
_DISTINCT: Final = 200
"""Pictures that are sent in turn; to make one takes longer than to ingest it."""


@dataclass(frozen=True)
class Plan:
    """Numbers of photos, and the size of the large ones."""

    first: int = 100
    ingests: int = 5_000
    large: int = 50
    large_bytes: int = 50_000_000


def run(stack: Stack, plan: Plan, progress: Progress) -> list[str]:
    """Ingest the photos of a plan as the demo user; the problems. Raises RuntimeError for an unexpected response."""
    connection = stack.connection
    pictures = [encoded("jpeg", size=(64, 48), seed=number) for number in range(_DISTINCT)]

    def small(number: int) -> bytes:
        return pictures[number % _DISTINCT]

    with ExitStack() as resources:
        clients = [
            resources.enter_context(signed_in(connection, connection.username, connection.password))
            for _ in range(CLIENTS)
        ]
        first = _measured(f"{plan.first} photos", clients, range(plan.first), small, progress)
        photos = _measured(f"{plan.ingests} photos", clients, range(plan.first, plan.ingests), small, progress)
        large = _measured(
            f"{plan.large} uploads of {plan.large_bytes // 1_000_000} MB",
            clients[:1],
            range(plan.large),
            lambda _number: _padded(pictures[0], plan.large_bytes),
            progress,
        )
    growth = Growth(first, photos, large)
    progress.say(
        f"Resident memory of the server: {growth.first_mib:.0f} MiB after {plan.first} photos, "
        f"{growth.photos_mib:.0f} after {plan.ingests}, {growth.large_mib:.0f} after the large uploads "
        f"({growth.large_mib / growth.first_mib:.2f} times)\n"
    )
    return list(growth.problems())


def _measured(
    name: str, clients: list[Client], numbers: range, data: Callable[[int], bytes], progress: Progress
) -> float:
    """Ingest photos with all clients at the same time; the server's resident memory afterwards, in MiB."""
    waiting = iter(numbers)

    def work(client: Client) -> None:
        for number in waiting:
            _, response = client.send(data(number))
            if response.status_code != 200:
                raise RuntimeError(f"The ingest of a photo answered {response.status_code}: {response.text}")
            if number % _SHOWN_EVERY == 0:
                show(f"{number} of {numbers.stop}; server {resident_mib():.0f} MiB")

    with progress.step(name) as show:
        gevent.joinall([gevent.spawn(work, client) for client in clients], raise_error=True)
        gevent.sleep(SETTLE_SECONDS)
    return resident_mib()


def _padded(picture: bytes, size_bytes: int) -> bytes:
    """A picture of this size. Decoders ignore the bytes after its end."""
    return picture + os.urandom(size_bytes - len(picture))
