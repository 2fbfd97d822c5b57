"""Shared by all header readers: exact reads, `HeaderError`, and the `Layout` and `Metadata` that readers return."""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple

Piece = bytes | memoryview
"""A part of a file, as a view of it, or bytes that replace a part."""

MAX_METADATA_BYTES: Final = 1 << 20
"""Of an EXIF block, an XMP packet, IPTC records, and of all texts together."""
MAX_PROFILE_BYTES: Final = 4 << 20
"""Of an ICC profile: those of wide-gamut printers and displays have a few MiB."""
MAX_TEXTS: Final = 64


class HeaderError(ValueError):
    """Raised if a header is truncated or inconsistent. Clients see the message as part of the error detail."""


class Layout(NamedTuple):
    """The header of an image.

    Attributes:
        width, height: Stored size in pixels, before `orientation` is applied.
        frame_count: 1 for a still image; counting stops one above the requested limit.
        orientation: 1 to 8 as in EXIF (CIPA DC-008, section 4.6.5).
        pixel_bytes: Bytes per pixel of the decoded image in Pillow, after conversion to 8-bit grey or colour.
        conversion_bytes: Additional bytes per pixel during that conversion.
        codec_bytes: Bytes that the decoder holds in addition to the decoded image.
        file_copies: Copies of the file in memory during the decode.
        has_alpha: Whether a resize needs a premultiplied copy.
        is_scalable: Whether the decoder supports smaller scales, as for JPEG.
    """

    width: int
    height: int
    frame_count: int = 1
    orientation: int = 1
    pixel_bytes: int = 4
    conversion_bytes: int = 0
    codec_bytes: int = 0
    file_copies: int = 1
    has_alpha: bool = False
    is_scalable: bool = False


class Metadata(NamedTuple):
    """The embedded metadata of a file; a field is empty if it is missing, damaged or larger than its bound.

    Attributes:
        exif: The EXIF block, a TIFF structure without the prefix of a JPEG segment; the whole file of a TIFF.
        xmp: The XMP packet (ISO 16684-1), up to `MAX_METADATA_BYTES`.
        iptc: The data sets of IPTC-IIM, up to `MAX_METADATA_BYTES`.
        icc_profile: The ICC profile, up to `MAX_PROFILE_BYTES`.
        texts: The texts of a PNG by keyword: at most `MAX_TEXTS` with `MAX_METADATA_BYTES` together.
    """

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    icc_profile: bytes = b""
    texts: Mapping[str, str] = MappingProxyType({})


def read_at(source: BinaryIO, offset: int, size: int) -> bytes:
    """Exactly `size` bytes at `offset`. Raises `HeaderError` if the file ends before."""
    data = read_up_to(source, offset, size)
    if len(data) < size:
        raise HeaderError("the file ends within its header")
    return data


def read_up_to(source: BinaryIO, offset: int, size: int) -> bytes:
    """At most `size` bytes at `offset`; fewer at the end of the file."""
    source.seek(offset)
    return source.read(size)


def inflate(data: bytes, max_bytes: int) -> bytes:
    """Inflate a whole zlib stream (RFC 1950); empty if it is damaged, cut, or larger than `max_bytes`."""
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(data, max_bytes)
    except zlib.error:
        return b""
    return inflated if stream.eof else b""
