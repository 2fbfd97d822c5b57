"""What every header reader shares: exact reads, the error, and the layout they all return."""

from dataclasses import dataclass
from typing import BinaryIO


class HeaderError(ValueError):
    """Raised when a header is cut short or contradicts itself. The message is fit for a client to see."""


@dataclass(frozen=True)
class Layout:
    """A picture's header.

    Attributes:
        width, height: pixels as stored, before `orientation` is applied.
        frame_count: 1 for a still picture; counting stops just above the limit that was asked for.
        orientation: 1 to 8 as in EXIF (CIPA DC-008, section 4.6.5).
        pixel_bytes: bytes per pixel in Pillow's memory, once the picture is 8-bit grey or colour.
        conversion_bytes: bytes per pixel that making it so takes beside.
        codec_bytes: bytes that the decoder holds beside the decoded picture, all told.
        file_copies: how often the file is in memory while it is decoded.
        has_alpha: whether resizing needs a premultiplied copy.
        is_scalable: whether it can be decoded at a smaller scale, as JPEG can.
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
    """Exactly `size` bytes at `offset`; `HeaderError` when the file ends before."""
    data = read_up_to(source, offset, size)
    if len(data) < size:
        raise HeaderError("the file ends inside its header")
    return data


def read_up_to(source: BinaryIO, offset: int, size: int) -> bytes:
    """At most `size` bytes at `offset`, fewer at the end of the file."""
    source.seek(offset)
    return source.read(size)
