"""Metadata: EXIF, XMP, IPTC, ICC profile and texts of a file, read without a decoder and without Pillow."""

from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from photosky.imaging.headers import gif_metadata, jpeg_metadata, png_metadata, tiff_metadata, webp
from photosky.imaging.headers.heif import metadata as heif_metadata
from photosky.imaging.headers.reading import Metadata

__all__ = ["Metadata", "read_metadata"]

_READERS: Final[Mapping[str, Callable[[BinaryIO], Metadata]]] = {
    "jpeg": jpeg_metadata.read_metadata,
    "png": png_metadata.read_metadata,
    "webp": webp.read_metadata,
    "gif": gif_metadata.read_metadata,
    "tiff": tiff_metadata.read_metadata,
    "avif": heif_metadata.read_metadata,
    "heic": heif_metadata.read_metadata,
}
"""The readers by format. A reader never raises for damaged metadata: it omits what it cannot read."""


def read_metadata(source: BinaryIO, format_name: str) -> Metadata:
    """Read the metadata of a file whose format is a key of `media_types.CONTENT_TYPES`.

    Never raises for damaged metadata; a field that cannot be read is empty.
    """
    reader = _READERS.get(format_name)
    return Metadata() if reader is None else reader(source)
