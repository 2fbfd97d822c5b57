"""Completeness of a JPEG: whether it has the data of all rows, which libjpeg does not report.

libjpeg decodes missing data as zeros, up to the end of the image. Whether data is missing shows only if different bits
follow it: then the decoded images differ. This takes two additional decodes, so that it is done for suspicious files.
"""

import hashlib
from typing import Final

from PIL import Image

from photosky.imaging.headers.jpeg_scans import Scans

_BITS: Final = bytes(37 * index % 251 for index in range(1, 251))
TAILS: Final = (_BITS, bytes(255 - byte for byte in _BITS))
"""Two continuations of entropy-coded data that differ in each bit, without a marker."""

_SMALL_PIXELS: Final = 512 * 512
_SMALL_PROGRESSIVE_PIXELS: Final = 4_000_000
_STRIP_ROWS: Final = 64
_GREY: Final = range(126, 130)  # of missing blocks: 128, or its inverse


def is_suspicious(scans: Scans) -> bool:
    """Whether data may be missing: without an EOI marker, or without the last scans.

    Small images are always suspicious, because checking them takes milliseconds. In others, a cut within the last
    block, or within the last scan of a progressive JPEG, is not noticed if an EOI marker follows it.
    """
    is_small = scans.pixels <= (_SMALL_PROGRESSIVE_PIXELS if scans.frame.is_progressive else _SMALL_PIXELS)
    return not scans.is_arithmetic and (is_small or not scans.has_end or not scans.has_all_scans())


def is_end_grey(scans: Scans, image: Image.Image) -> bool:
    """Whether the last pixel has the grey of missing blocks."""
    pixel = image.getpixel((image.width - 1, image.height - 1))
    return not scans.is_arithmetic and all(
        level in _GREY for level in (pixel if isinstance(pixel, tuple) else (pixel,))
    )


def lacks_intervals(scans: Scans, data: bytes) -> bool:
    """Whether the markers alone show that data is missing: restart intervals, or scans of a file without its end."""
    return not scans.has_all_intervals(data) or not (scans.has_end or scans.has_all_scans())


def digest(image: Image.Image) -> bytes:
    """A hash of all pixels, made in strips to save a copy of the image."""
    state = hashlib.blake2b()
    for top in range(0, image.height, _STRIP_ROWS):
        state.update(image.crop((0, top, image.width, min(image.height, top + _STRIP_ROWS))).tobytes())
    return state.digest()
