"""An append-only journal: changes that are on disk before the request that made them is answered.

An entry is one line: the CRC-32 of its JSON text, and the text. An append is one write, so a process that dies leaves
complete entries and at most one incomplete one, the last. The page cache outlives the process, so nothing is synced;
a power failure may lose entries.
"""

import base64
import json
import os
import re
import threading
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from local.errors import CommandError

_FILE: Final = re.compile(r"journal-(\d{8})\.log")
_TORN: Final = re.compile(rb"[0-9a-f]{0,8}|[0-9a-f]{8} [^\x00]*")


class Damaged(CommandError):
    """A file of the state is not as it was written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged: {reason}")
        self.path = path


def encoded(entry: Any) -> bytes:
    """Return an entry's line. Bytes are written as MiniStack's state files have them."""
    text = json.dumps(entry, default=_json_default, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def check(path: Path) -> int:
    """Check every entry of a journal file; return the size of an incomplete last one, which no response acknowledged.

    Raises Damaged, unless only the last entry is incomplete.
    """
    torn_bytes = 0
    for line in _lines(path):
        torn_bytes = 0 if line.endswith(b"\n") else len(line)
    return torn_bytes


def read(path: Path) -> Iterator[Any]:
    """Yield the complete entries of a journal file. Raises Damaged, unless only the last entry is incomplete."""
    for line in _lines(path):
        if line.endswith(b"\n"):
            yield json.loads(line.partition(b" ")[2])


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a journal file, of which all but an incomplete last one have the right checksum."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            checksum, _, text = line.removesuffix(b"\n").partition(b" ")
            if not line.endswith(b"\n"):
                if not _TORN.fullmatch(line):
                    raise Damaged(path, f"the bytes after entry {number - 1} are no entry")
            elif checksum != b"%08x" % zlib.crc32(text):
                raise Damaged(path, f"the checksum of entry {number} does not match")
            yield line


def files(folder: Path) -> list[Path]:
    """Return the journal files of a folder, oldest first."""
    return sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name))


class Journal:
    """Appends to the newest file of a folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file = -1
        self._size = 0
        self._number = max((int(path.stem.partition("-")[2]) for path in files(folder)), default=0)
        self._open_next()

    @property
    def size_bytes(self) -> int:
        """The size of the current file."""
        return self._size

    def append(self, entry: Mapping[str, Any]) -> None:
        """Append an entry. Raises OSError, after which the file is as before."""
        line = encoded(entry)
        with self._lock:
            written = 0
            try:
                while written < len(line):
                    written += os.write(self._file, line[written:])
            except OSError:
                os.ftruncate(self._file, self._size)
                raise
            self._size += written

    def rotate(self) -> list[Path]:
        """Append to a new file from now on; return the earlier ones, which do not change any more."""
        with self._lock:
            earlier = files(self._folder)
            self.close()
            self._open_next()
        return earlier

    def close(self) -> None:
        """Close the current file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open_next(self) -> None:
        self._number += 1
        path = self._folder / f"journal-{self._number:08}.log"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0


def _json_default(value: object) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return {"__bytes__": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} is not JSON")
