"""Shared by all header readers: exact reads, `HeaderError`, and the `Layout` that each reader returns."""

from dataclasses import dataclass
from typing import BinaryIO


class HeaderError(ValueError):
    """Raised if a header is truncated or inconsistent. Clients see the message as part of the error detail."""


@dataclass(frozen=True)
class Layout:
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
