"""The files that `make demo` and `make import` send: pictures by their name or by their first bytes."""

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Final

from photosky.errors import PhotoSkyError
from photosky.imaging.formats import detect, sniff
from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.media_types import CONTENT_TYPES, normalized_content_type

HEAD_BYTES: Final = 64 * 1024
"""The first bytes that decide; the directory by which a camera raw file is recognized is among them."""

_MAX_SUFFIXES: Final = 8


def content_type(name: str, head: Callable[[], bytes]) -> str | None:
    """Return the media type to declare for a file; None if it is not a picture.

    A name such as `a.jpg` is enough, so that a damaged picture is sent and its rejection reported. For other names,
    `head` is called for the first `HEAD_BYTES`.
    """
    return normalized_content_type(f"image/{suffix(name)[1:]}") or _detected_type(head())


def content_type_of(file: Path) -> str | None:
    """Return the media type to declare for a file of this machine; None if it is not a picture."""
    return content_type(file.name, lambda: read_head(file))


def read_head(file: Path) -> bytes:
    """Read the first `HEAD_BYTES` of a file."""
    with file.open("rb") as source:
        return source.read(HEAD_BYTES)


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


def _detected_type(head: bytes) -> str | None:
    """The media type by the first bytes; None for camera raw files and videos as well, which the stack refuses."""
    try:
        name: str | None = sniff(io.BytesIO(head))
    except PhotoSkyError:
        return None
    except HeaderError:  # damaged, or longer than the first bytes
        name = detect(head)
    return None if name is None else CONTENT_TYPES[name]
