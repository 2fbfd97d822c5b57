"""The stacks that are compared: each of one tree, with a hundred photos, at the same latencies."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from benchmarks.latency import launcher, pictures
from benchmarks.latency.user import UnexpectedStatus, User
from local.commands.run import started_by
from local.connection import Connection
from local.deploy import sources_digest

LISTED_PHOTOS: Final = 100

_READY_SECONDS: Final = 900
_CONCURRENT_INGESTS: Final = 2
_MAX_ATTEMPTS: Final = 3
_CODE: Final = "code"
_NOT_COPIED: Final = shutil.ignore_patterns(_CODE, "tmp", "lock", "*.log")


@dataclass(frozen=True)
class Stack:
    """A running stack of one tree."""

    tree: Path
    state: Path
    connection: Connection


def prepared(tree: Path, cache: Path) -> Path:
    """Return the state folder of a stopped stack of a tree with its photos, after making it if it is missing."""
    digest = sha256(f"{sources_digest(tree)} {LISTED_PHOTOS} {pictures.LISTED_SEED}".encode()).hexdigest()
    folder = cache / digest[:16]
    if not folder.is_dir():
        scratch = folder.with_suffix(".part")
        shutil.rmtree(scratch, ignore_errors=True)
        with (
            _running(tree, scratch) as stack,
            User.sign_in(stack.connection) as user,
            ThreadPoolExecutor(_CONCURRENT_INGESTS) as pool,
        ):
            list(pool.map(lambda _: _send(user, pictures.listed()), range(LISTED_PHOTOS)))
        scratch.rename(folder)
    return folder


def prune(cache: Path, kept: Iterable[Path]) -> None:
    """Remove all prepared stacks but these; each takes some hundred megabytes."""
    for folder in set(cache.iterdir()) - set(kept):
        shutil.rmtree(folder)


def _send(user: User, picture: bytes) -> None:
    """Send a picture. On a busy machine an ingest can time out, and the next one takes its place."""
    for _ in range(_MAX_ATTEMPTS - 1):
        with suppress(UnexpectedStatus):
            user.send(picture)
            return
    user.send(picture)


@contextmanager
def running(tree: Path, state: Path, scratch: Path, profile: str, seed: int) -> Iterator[Stack]:
    """Run a copy of a prepared stack with the latencies of a profile; it ends with the block."""
    shutil.copytree(state, scratch, ignore=_NOT_COPIED)
    (scratch / _CODE).symlink_to(state / _CODE)  # The unpacked code is 18,000 files, which no stack changes.
    with _running(tree, scratch, profile, str(seed)) as stack:
        yield stack


@contextmanager
def _running(tree: Path, state: Path, *latency: str) -> Iterator[Stack]:
    command = [sys.executable, launcher.__file__, str(tree), str(state), *latency]
    with started_by(command, tree, state, _READY_SECONDS) as (ready, _):
        yield Stack(tree, state, ready)
