"""A deployed stack that has stopped: the stacks of the tests start from copies of its state folder.

A deployment takes a minute of CPU time, a start from a copy takes seconds. The snapshot stays below `.photosky/` until
a source changes, so that all pytest workers and test runs share it.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from local.commands.run import started
from local.deploy import sources_digest
from tests.repository import ROOT, own_files

_CACHE: Final = ROOT / ".photosky" / "deployed"
_NOT_COPIED: Final = shutil.ignore_patterns("code", "tmp", "lock", "*.log")


EDGE_STACK: Final = ("--delivery", "cloudfront", "--page")
"""The options of `make run` for a stack with CloudFront, and the page behind it."""


def copy_deployed(state: Path, options: Sequence[str] = ()) -> None:
    """Copy the state folder of a stack that was deployed with these options to `state`, which must be empty or missing.

    Start the copy with the same options, or it is deployed again.
    """
    _CACHE.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(sources_digest(ROOT).encode())
    for path in own_files("local/*", "tests/local/snapshot.py"):
        digest.update(path.read_bytes())
    name = digest.hexdigest()[:16]
    first, snapshot = (_CACHE / "".join((name, *given)) for given in ((), options))
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not first.is_dir():
            for path in _CACHE.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
            _deploy(first)
        if not snapshot.is_dir():
            _deploy(snapshot, first, options)
        _copy(snapshot, state)


def _deploy(snapshot: Path, first: Path | None = None, options: Sequence[str] = ()) -> None:
    """Deploy the stack as `make run` does, and stop it; with `first`, update a copy, which takes less time."""
    scratch = snapshot.with_name(f".{snapshot.name}")
    if first is not None:
        _copy(first, scratch)
    with started(scratch, arguments=options):
        pass
    scratch.rename(snapshot)


def _copy(snapshot: Path, state: Path) -> None:
    shutil.copytree(snapshot, state, ignore=_NOT_COPIED, dirs_exist_ok=True)
    # The functions' unpacked code is 18,000 files, which no stack changes.
    (state / "code").symlink_to((snapshot / "code").resolve())
