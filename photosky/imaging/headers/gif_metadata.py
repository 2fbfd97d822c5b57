"""Metadata of a GIF: XMP in an application extension (XMP, part 3, section 1.1.2)."""

from typing import BinaryIO, Final

from photosky.imaging.headers.reading import MAX_METADATA_BYTES, Metadata

_EXTENSION: Final = b"!\xff\x0bXMP DataXMP"
_TRAILER: Final = b"\x01\xff\xfe\xfd"
"""The start of the trailer, by which decoders that read the packet as blocks find its end."""


def read_metadata(source: BinaryIO) -> Metadata:
    """Read the XMP packet; it is omitted if its trailer is missing or if it exceeds its bound."""
    source.seek(0)
    data = source.read()
    start = data.find(_EXTENSION) + len(_EXTENSION)
    if start < len(_EXTENSION):
        return Metadata()
    end = data.find(_TRAILER, start, start + MAX_METADATA_BYTES + len(_TRAILER))
    return Metadata(xmp=data[start:end]) if end >= 0 else Metadata()
