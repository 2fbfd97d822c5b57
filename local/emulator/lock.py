"""The lock of a state folder: one PhotoSky at a time, and free again whatever way that one ended."""

import fcntl
import time
from pathlib import Path
from typing import IO, Final

_FILE_NAME: Final = "lock"
_PATIENCE_SECONDS: Final = 0.5
"""For those who only ask, and hold the lock for a moment."""


class Taken(Exception):
    """Another process holds the folder; the message is one sentence for the terminal."""


def take(folder: Path) -> IO[str]:
    """Hold the folder until the file that this gives is closed, or the process ends; raises Taken."""
    lock = (folder / _FILE_NAME).open("a")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                lock.close()
                raise Taken(f"Another PhotoSky is running on {folder}; stop it, or choose another folder.") from error
            time.sleep(0.05)
        else:
            return lock


def is_taken(folder: Path) -> bool:
    """Whether a process holds the folder now."""
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
