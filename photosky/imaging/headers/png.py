"""PNG and APNG: the chunks before the image data (PNG, third edition, section 5)."""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import exif_orientation
from photosky.imaging.headers.reading import HeaderError, Layout, read_at, read_up_to

MAX_CHUNKS_BEFORE_DATA: Final = 1000
MAX_CHUNKS: Final = 100_000
"""Chunks of the whole file: each takes a decoder 3 µs, even if it is empty."""
_MAX_EXIF_BYTES: Final = 65536
_SIGNATURE_BYTES: Final = 8
_GREY: Final = 0
_COLOUR_TYPES: Final = frozenset({_GREY, 2, 3, 4, 6})
_ALPHA: Final = frozenset({4, 6})
_PALETTE: Final = 3
_CHANNELS: Final = {_GREY: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Left and top of each pass, and the distance of its pixels across and down (section 8.2)."""
_INFLATED_BYTES: Final = 1 << 20


def read_layout(source: BinaryIO) -> Layout:
    """Read the header of a PNG, without an eXIf chunk that follows the image data.

    Raises `HeaderError` if a chunk is invalid, or more than `MAX_CHUNKS_BEFORE_DATA` precede the image data.
    """
    width, height, depth, colour = _read_ihdr(source)
    frame_count, orientation, has_transparency = 1, 1, False
    for name, offset, size in _chunks(source):
        if name == b"acTL":
            frame_count = max(1, int.from_bytes(read_at(source, offset, 4)))
        elif name == b"eXIf" and size <= _MAX_EXIF_BYTES:
            orientation = exif_orientation(read_at(source, offset, size))
        has_transparency |= name == b"tRNS"
    is_plain_grey = colour == _GREY and not has_transparency
    return Layout(
        width,
        height,
        frame_count=frame_count,
        orientation=orientation,
        pixel_bytes=1 if is_plain_grey else 4,
        conversion_bytes=_conversion_bytes(depth, colour, has_transparency=has_transparency),
        has_alpha=colour in _ALPHA or has_transparency,
    )


def _conversion_bytes(depth: int, colour: int, *, has_transparency: bool) -> int:
    """A copy in the depth or mode that Pillow decodes to; for 16-bit grey, a copy in 16 bits and one in 8 bits."""
    if colour == _GREY and depth == 16:
        return 4
    if colour == _PALETTE or depth == 1:
        return 2
    return 4 if has_transparency else 0


def read_cicp(source: BinaryIO) -> tuple[int, int] | None:
    """Colour primaries and transfer characteristics (ITU-T H.273) in the cICP chunk, if any."""
    for name, offset, size in _chunks(source):
        if name == b"cICP" and size == 4:
            primaries, transfer, _, _ = read_at(source, offset, 4)
            return primaries, transfer
    return None


def check_chunks(data: bytes) -> None:
    """Raises `HeaderError` if the file has more than `MAX_CHUNKS`."""
    offset = _SIGNATURE_BYTES
    for _ in range(MAX_CHUNKS):
        if offset + 8 > len(data) or data[offset + 4 : offset + 8] == b"IEND":
            return
        offset += 12 + int.from_bytes(data[offset : offset + 4])
    raise HeaderError(f"the PNG has more than {MAX_CHUNKS} chunks")


def has_all_rows(data: bytes) -> bool:
    """Whether the image data inflates to all rows that IHDR declares; decoders leave missing rows black.

    Takes two thirds of the time of a decode. Raises `zlib.error` if the data is invalid.
    """
    missing = _raw_bytes(data)
    inflate = zlib.decompressobj()
    offset = _SIGNATURE_BYTES
    while missing > 0 and offset + 8 <= len(data):
        size, name = struct.unpack_from(">L4s", data, offset)
        pending = data[offset + 8 : offset + 8 + size] if name == b"IDAT" else b""
        while pending and missing > 0:
            missing -= len(inflate.decompress(pending, _INFLATED_BYTES))
            pending = inflate.unconsumed_tail
        offset += 12 + size
    return missing <= 0


def _raw_bytes(data: bytes) -> int:
    """The bytes of all rows with their filter bytes, in one pass or in the seven of Adam7 (section 8.2)."""
    width, height, depth, colour, interlaced = struct.unpack_from(">LLBB2xB", data, _SIGNATURE_BYTES + 8)
    bits = depth * _CHANNELS[colour]
    total = 0
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def all_chunks(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, data offset and data size of each chunk after IHDR, up to IEND or the end of the file.

    Raises `HeaderError` if the file has more than `MAX_CHUNKS`.
    """
    offset = _SIGNATURE_BYTES + 25
    for _ in range(MAX_CHUNKS):
        head = read_up_to(source, offset, 8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        size, name = struct.unpack(">L4s", head)
        yield name, offset + 8, size
        offset += 12 + size
    raise HeaderError(f"the PNG has more than {MAX_CHUNKS} chunks")


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, data offset and data size of each chunk between IHDR and the image data."""
    offset = _SIGNATURE_BYTES + 25
    for _ in range(MAX_CHUNKS_BEFORE_DATA):
        size, name = struct.unpack(">L4s", read_at(source, offset, 8))
        if name == b"IDAT":
            return
        yield name, offset + 8, size
        offset += 12 + size
    raise HeaderError(f"the PNG has more than {MAX_CHUNKS_BEFORE_DATA} chunks before its image data")


def _read_ihdr(source: BinaryIO) -> tuple[int, int, int, int]:
    size, name, width, height, depth, colour = struct.unpack(">L4sLLBB", read_at(source, _SIGNATURE_BYTES, 18))
    if name != b"IHDR" or size != 13 or colour not in _COLOUR_TYPES:
        raise HeaderError("the PNG's IHDR chunk is invalid")
    return width, height, depth, colour
