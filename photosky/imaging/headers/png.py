"""PNG and APNG: the chunks before the image data (PNG, third edition, section 5)."""

import io
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import exif_orientation
from photosky.imaging.headers.reading import HeaderError, Layout, Piece, read_at, read_up_to

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
_ZLIB_HEADER_BYTES: Final = 2
_MAX_TRANSPARENCY_BYTES: Final = 65536
_MAX_REPAIRS: Final = 16
_REPAIR_BYTES: Final = 1 << 20
_PIXEL_CHUNK: Final = re.compile(rb"(?s)[\0-\x7f].{3}(?:PLTE|tRNS|IDAT|IEND)")


def read_layout(source: BinaryIO) -> Layout:
    """Read the header of a PNG, without an eXIf chunk that follows the image data.

    Raises `HeaderError` if a chunk is invalid, or more than `MAX_CHUNKS_BEFORE_DATA` precede the image data.
    """
    width, height, depth, colour = _read_ihdr(source)
    frame_count, has_transparency = 1, False
    orientation: int | None = None
    for name, offset, size in _chunks(source):
        if name == b"acTL" and size == 8:
            frame_count = max(1, int.from_bytes(read_intact(source, name, offset, size)[:4]))
        elif name == b"eXIf" and orientation is None and size <= _MAX_EXIF_BYTES:
            block = read_intact(source, name, offset, size)
            orientation = exif_orientation(block) if block else None
        has_transparency |= name == b"tRNS"
    is_plain_grey = colour == _GREY and not has_transparency
    return Layout(
        width,
        height,
        frame_count=frame_count,
        orientation=orientation or 1,
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
        if name == b"cICP" and size == 4 and (body := read_intact(source, name, offset, size)):
            return body[0], body[1]
    return None


def read_intact(source: BinaryIO, name: bytes, offset: int, size: int) -> bytes:
    """The body of a chunk; empty if its checksum is wrong (section 5.5), as libpng handles ancillary chunks."""
    body = read_up_to(source, offset, size + 4)
    return body[:size] if zlib.crc32(body[:size], zlib.crc32(name)) == int.from_bytes(body[size:]) else b""


def pixel_pieces(data: bytes, data_bytes: int | None = None) -> list[Piece]:
    """The chunks that determine the samples: IHDR, PLTE and tRNS of section 11.2 and 11.3.1, and all IDAT chunks.

    Args:
        data: The file.
        data_bytes: The part of the image data to use, by default all.

    Raises `HeaderError` if the file has more than `MAX_CHUNKS` chunks, or no IDAT chunk.
    """
    view, colour = memoryview(data), data[_SIGNATURE_BYTES + 17]
    source = io.BytesIO(data)
    palette, transparency, spans = b"", b"", []
    for name, offset, size in all_chunks(source):
        if name == b"IDAT":
            spans.append((offset, min(size, len(data) - offset)))
        elif spans or size > _MAX_TRANSPARENCY_BYTES:
            continue
        elif name == b"PLTE" and colour == _PALETTE:
            palette = data[offset - 8 : offset + size + 4]
        elif name == b"tRNS" and not transparency:
            transparency = read_intact(source, name, offset, size)
    if not spans:
        raise HeaderError("the PNG has no image data")
    transparency = _usable_transparency(transparency, colour, entries=(len(palette) - 12) // 3)
    return [
        view[: _SIGNATURE_BYTES + 25],
        palette,
        _chunk(b"tRNS", transparency) if transparency else b"",
        *_data_pieces(view, spans if data_bytes is None else _first_bytes(spans, data_bytes)),
        _chunk(b"IEND", b""),
    ]


def _usable_transparency(body: bytes, colour: int, *, entries: int) -> bytes:
    """The part of tRNS that the colour type uses; empty if it is too short or not allowed (section 11.3.1.1)."""
    size = {_GREY: 2, 2: 6, _PALETTE: min(len(body), entries)}.get(colour, 0)
    return body[:size] if len(body) >= size else b""


def _data_pieces(view: memoryview, spans: Iterable[tuple[int, int]]) -> Iterator[Piece]:
    """IDAT chunks; adjacent chunks are one piece. Decoders ignore their checksums."""
    start, end = 0, 0
    for offset, size in spans:
        is_whole = view[offset - 8 : offset - 4] == size.to_bytes(4)
        if is_whole and offset - 8 == end and start < end:
            end = offset + size + 4
            continue
        yield view[start:end]
        start, end = (offset - 8, offset + size + 4) if is_whole else (0, 0)
        if not is_whole:
            yield size.to_bytes(4) + b"IDAT"
            yield view[offset : offset + size]
            yield bytes(4)
    yield view[start:end]


def _first_bytes(spans: Iterable[tuple[int, int]], count: int) -> Iterator[tuple[int, int]]:
    for offset, size in spans:
        if count > 0:
            yield offset, min(size, count)
        count -= size


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def rows_end(data: bytes) -> int | None:
    """The bytes of image data with all rows that IHDR declares; None if rows are missing, which decoders leave black.

    The bytes end before zlib's checksum (RFC 1950), which is not verified. Takes two thirds of the time of a decode.
    Raises `zlib.error` if the data is invalid.
    """
    missing, end = _raw_bytes(data), 0
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for name, offset, size in all_chunks(io.BytesIO(data)):
        if name != b"IDAT" or missing < 0 or inflate.eof:
            continue
        skipped = max(0, min(size, _ZLIB_HEADER_BYTES - end))
        pending = data[offset + skipped : offset + size]
        end += skipped + len(pending)
        while pending and missing >= 0 and not inflate.eof:
            missing -= len(inflate.decompress(pending, _INFLATED_BYTES))
            pending = inflate.unconsumed_tail
    return None if missing > 0 else end - len(inflate.unused_data)


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

    If no chunk follows where the size of the last one says, a size is wrong, and reading continues at the next chunk
    with pixels; then a chunk may be repeated. Raises `HeaderError` if the file has more than `MAX_CHUNKS`.
    """
    offset = trusted = _SIGNATURE_BYTES + 25
    repairs, is_before_data = 0, True
    for _ in range(MAX_CHUNKS):
        head = read_up_to(source, offset, 8)
        if not head[4:].isalpha() or len(head) < 8:
            found = _PIXEL_CHUNK.search(read_up_to(source, trusted, _REPAIR_BYTES)) if is_before_data else None
            repairs += 1
            if found is None or repairs > _MAX_REPAIRS:
                return
            offset = trusted + found.start()
            trusted = offset + 8
            head = read_up_to(source, offset, 8)
        size, name = struct.unpack(">L4s", head)
        if name == b"IEND":
            return
        is_before_data &= name != b"IDAT"
        yield name, offset + 8, size
        offset += 12 + size
    raise HeaderError(f"the PNG has more than {MAX_CHUNKS} chunks")


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, data offset and data size of each chunk between IHDR and the image data."""
    for count, (name, offset, size) in enumerate(all_chunks(source)):
        if name == b"IDAT":
            return
        if count == MAX_CHUNKS_BEFORE_DATA:
            raise HeaderError(f"the PNG has more than {MAX_CHUNKS_BEFORE_DATA} chunks before its image data")
        yield name, offset, size
    raise HeaderError("the PNG ends before its image data")


def _read_ihdr(source: BinaryIO) -> tuple[int, int, int, int]:
    size, name, width, height, depth, colour = struct.unpack(">L4sLLBB", read_at(source, _SIGNATURE_BYTES, 18))
    if name != b"IHDR" or size != 13 or colour not in _COLOUR_TYPES:
        raise HeaderError("the PNG's IHDR chunk is invalid")
    return width, height, depth, colour
