"""EXIF blocks: a TIFF structure, with or without the prefix that JPEG puts before it."""

import io

from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.headers.tiff import Tiff, orientation_of

PREFIX = b"Exif\0\0"


def open_exif(block: bytes) -> Tiff:
    """The TIFF structure of an EXIF block; `HeaderError` when there is none."""
    while block.startswith(PREFIX):
        block = block.removeprefix(PREFIX)
    return Tiff(io.BytesIO(block))


def exif_orientation(block: bytes) -> int:
    """The orientation that an EXIF block tells, 1 to 8; 1 when it tells none or is damaged."""
    try:
        tiff = open_exif(block)
        return orientation_of(tiff, tiff.directory(tiff.first_offset))
    except HeaderError:
        return 1
