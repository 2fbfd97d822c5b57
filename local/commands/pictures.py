"""The files that `make demo` and `make import` send, and how those that they do not send are described."""

from collections import Counter
from pathlib import Path
from typing import Final

from photosky.imaging.files import HEAD_BYTES, content_type

_MAX_SUFFIXES: Final = 8


def content_type_of(file: Path) -> str | None:
    """Return the media type to declare for a file of this machine; None if it is not a picture."""
    return content_type(file.name, lambda: read_head(file))


def read_head(file: Path) -> bytes:
    """Read the first `HEAD_BYTES` of a file."""
    with file.open("rb") as source:
        return source.read(HEAD_BYTES)


def skipped_line(suffixes: Counter[str]) -> str:
    """Describe the files that were not sent: `Skipped 3 files that are not pictures: 2 .xmp, 1 .mov.`"""
    shown = [f"{count} {name or 'without a suffix'}" for name, count in suffixes.most_common(_MAX_SUFFIXES)]
    more = ["…"] if len(suffixes) > _MAX_SUFFIXES else []
    total = suffixes.total()
    files = "1 file that is not a picture" if total == 1 else f"{total} files that are not pictures"
    return f"Skipped {files}: {', '.join([*shown, *more])}."
