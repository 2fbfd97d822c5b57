"""The lock of a state folder: one emulator at a time. The kernel releases it however the process ends."""

import fcntl
import time
from pathlib import Path
from typing import IO, Final

from local.errors import CommandError

_FILE_NAME: Final = "lock"
_PATIENCE_SECONDS: Final = 0.5
"""`is_taken` holds the lock for a moment."""


class Taken(CommandError):
    """Another process holds the folder."""


def take(folder: Path) -> IO[str]:
    """Lock the folder until the returned file is closed or the process ends. Raises Taken."""
    lock = (folder / _FILE_NAME).open("a")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                lock.close()
                reason = f"Another stack is running on {folder}. Stop it, or choose another folder with STATE=…"
                raise Taken(reason) from error
            time.sleep(0.05)
        else:
            return lock


def is_taken(folder: Path) -> bool:
    """Whether a process holds the lock now."""
    try:
        lock = (folder / _FILE_NAME).open()
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
