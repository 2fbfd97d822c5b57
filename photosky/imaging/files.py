"""The media type of a file by its name, or by its first bytes. Needs no decoder."""

import io
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from photosky.errors import PhotoSkyError
from photosky.imaging.formats import detect, sniff
from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.media_types import CONTENT_TYPES, normalized_content_type

HEAD_BYTES: Final = 64 * 1024
"""The first bytes that decide; the directory by which a camera raw file is recognized is among them."""


def content_type(name: str, head: Callable[[], bytes]) -> str | None:
    """Return the media type to declare for a file; None if it is not a picture.

    A name such as `a.jpg` is enough, so that a damaged picture is sent and its rejection reported. For other names,
    `head` is called for the first `HEAD_BYTES`.
    """
    return normalized_content_type(f"image/{suffix(name)[1:]}") or _detected_type(head())


def suffix(name: str) -> str:
    """Return the suffix of a file name in lower case, as `.jpg`; empty if it has none."""
    return PurePath(name).suffix.lower()


def _detected_type(head: bytes) -> str | None:
    """The media type by the first bytes; None for camera raw files and videos as well, which the stack refuses."""
    try:
        name: str | None = sniff(io.BytesIO(head))
    except PhotoSkyError:
        return None
    except HeaderError:  # damaged, or longer than the first bytes
        name = detect(head)
    return None if name is None else CONTENT_TYPES[name]
