"""EXIF blocks: a TIFF structure, with or without the prefix of a JPEG segment."""

import io

from photosky.imaging.headers.reading import HeaderError
from photosky.imaging.headers.tiff import Tiff, read_orientation

PREFIX = b"Exif\0\0"


def open_exif(block: bytes) -> Tiff:
    """The TIFF structure of an EXIF block. Raises `HeaderError` if there is none."""
    while block.startswith(PREFIX):
        block = block.removeprefix(PREFIX)
    return Tiff(io.BytesIO(block))


def exif_orientation(block: bytes) -> int:
    """The orientation in an EXIF block, 1 to 8; 1 if it is missing or the block is invalid."""
    try:
        tiff = open_exif(block)
        return read_orientation(tiff, tiff.directory(tiff.first_offset))
    except HeaderError:
        return 1
