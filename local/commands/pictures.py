"""The files that `make demo` and `make import` send: those whose names end as a picture's do."""

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

CONTENT_TYPES: Final[Mapping[str, str]] = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jfif": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
"""The media type that is declared for a file, by its suffix in lower case. The stack itself looks at the bytes."""

_MAX_SUFFIXES: Final = 8


def content_type(name: str) -> str | None:
    """Return the media type of a picture's file name; None for another file."""
    return CONTENT_TYPES.get(suffix(name))


def suffix(name: str) -> str:
    """Return the suffix of a file name in lower case, as `.jpg`; empty if it has none."""
    return PurePath(name).suffix.lower()


def skipped_line(suffixes: Counter[str]) -> str:
    """Describe the files that were not sent: `Skipped 3 files that are not pictures: 2 .xmp, 1 .mov.`"""
    shown = [f"{count} {name or 'without a suffix'}" for name, count in suffixes.most_common(_MAX_SUFFIXES)]
    more = ["…"] if len(suffixes) > _MAX_SUFFIXES else []
    total = suffixes.total()
    files = "1 file that is not a picture" if total == 1 else f"{total} files that are not pictures"
    return f"Skipped {files}: {', '.join([*shown, *more])}."
