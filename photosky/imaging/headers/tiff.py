"""TIFF: image file directories, of TIFF files and of the EXIF blocks in every other format.

TIFF 6.0, section 2; BigTIFF as in libtiff's design page. Of each tag at most one kilobyte is read, whatever size the
tag declares.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from photosky.imaging.headers.reading import HeaderError, Layout, read_at, read_up_to

MAX_ENTRIES: Final = 4096
MAX_VALUE_BYTES: Final = 1024
MAX_CHUNKS: Final = 300_000
"""Strips or tiles of one image: 60 megapixels in tiles of 16 x 16 are 234,375. Three million took 10 s."""

_FORMATS: Final[Mapping[int, tuple[str, int]]] = {
    1: ("B", 1),  # BYTE
    2: ("s", 1),  # ASCII
    3: ("H", 2),  # SHORT
    4: ("L", 4),  # LONG
    5: ("LL", 8),  # RATIONAL
    6: ("b", 1),  # SBYTE
    7: ("s", 1),  # UNDEFINED
    8: ("h", 2),  # SSHORT
    9: ("l", 4),  # SLONG
    10: ("ll", 8),  # SRATIONAL
    11: ("f", 4),  # FLOAT
    12: ("d", 8),  # DOUBLE
    13: ("L", 4),  # IFD
    16: ("Q", 8),  # LONG8
    18: ("Q", 8),  # IFD8
}
_TEXTS: Final = frozenset({1, 2, 7})
_RATIONALS: Final = frozenset({5, 10})

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _ORIENTATION = 256, 257, 258, 262, 274
_SAMPLES, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT, _EXTRA_SAMPLES = 277, 278, 322, 323, 338
_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706
_PALETTE: Final = 3
# By bit depth: the decoded copy and the one scaled to 8 bits; for 32 bits, a copy in floats as well.
_GREY_CONVERSIONS: Final[Mapping[int, int]] = {12: 4, 16: 4, 32: 12}
_WIDENED_BYTES: Final = 6
_COMPRESSION: Final = 259
_CHUNK_LISTS: Final = (273, 279, 324, 325)  # offsets and sizes of strips and tiles
_CHUNK_LIST_ENTRY_BYTES: Final = 48


@dataclass(frozen=True)
class Field:
    """An entry of a directory: the type, the declared number and the offset of its values."""

    type: int
    count: int
    offset: int


@dataclass(frozen=True)
class Directory:
    """An image file directory (IFD): its fields by tag, and the offset of the next directory, 0 at the end."""

    fields: Mapping[int, Field]
    next_offset: int


class Tiff:
    """The TIFF structure at offset `base` of `source`. Raises `HeaderError` if there is none."""

    def __init__(self, source: BinaryIO, base: int = 0) -> None:
        self._source = source
        self._base = base
        head = read_up_to(source, base, 16)
        self._order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        if not self._order or len(head) < 8:
            raise HeaderError("the TIFF header is invalid")
        # Some writers store the number 42 in the other byte order; Pillow accepts it.
        self.is_big_endian = self._order == ">"
        self._big = 43 in head[2:4]
        if self._big and len(head) < 16:
            raise HeaderError("the TIFF header is invalid")
        self.first_offset: int = self._unpack("Q", head[8:16])[0] if self._big else self._unpack("L", head[4:8])[0]

    def directory(self, offset: int) -> Directory:
        """The directory at `offset`; of a repeated tag, the first entry counts."""
        entry_size = 20 if self._big else 12
        table_offset, end = self._span(offset)
        table = self._read(table_offset, end - table_offset)
        fields: dict[int, Field] = {}
        for position in range(0, len(table), entry_size):
            tag, field = self._field(table[position : position + entry_size], table_offset + position)
            fields.setdefault(tag, field)
        return Directory(fields, self._next(end))

    def next_offset(self, offset: int) -> int:
        """The offset of the directory after the one at `offset`, 0 at the end; entries are not read."""
        return self._next(self._span(offset)[1])

    def _span(self, offset: int) -> tuple[int, int]:
        """Start and end of the entries of a directory."""
        count_format, entry_size = ("Q", 20) if self._big else ("H", 12)
        start = offset + struct.calcsize("<" + count_format)
        (count,) = self._unpack(count_format, self._read(offset, start - offset))
        if count > MAX_ENTRIES:
            raise HeaderError(f"a TIFF directory has {count} entries; the limit is {MAX_ENTRIES}")
        return start, start + count * entry_size

    def _next(self, end: int) -> int:
        next_format = "Q" if self._big else "L"
        size = struct.calcsize("<" + next_format)
        tail = read_up_to(self._source, self._base + end, size)
        return self._unpack(next_format, tail)[0] if len(tail) == size else 0

    def _field(self, entry: bytes, entry_offset: int) -> tuple[int, Field]:
        layout, inline_size = ("HHQ", 8) if self._big else ("HHL", 4)
        tag, kind, count = self._unpack(layout, entry[:-inline_size])
        _, unit = _FORMATS.get(kind, ("", 0))
        if count * unit <= inline_size:
            return tag, Field(kind, count, entry_offset + len(entry) - inline_size)
        (offset,) = self._unpack("Q" if self._big else "L", entry[-inline_size:])
        return tag, Field(kind, count, offset)

    def numbers(self, directory: Directory, tag: int) -> tuple[float, ...]:
        """The values of a numeric tag, without rationals x/0; empty if it is missing, not numeric or truncated."""
        field = directory.fields.get(tag)
        if field is None or field.type not in _FORMATS or field.type in (2, 7):
            return ()
        letters, unit = _FORMATS[field.type]
        data = self._value(field, unit)
        values = self._unpack(letters * (len(data) // unit), data[: len(data) // unit * unit])
        if field.type in _RATIONALS:
            return tuple(top / bottom for top, bottom in zip(values[::2], values[1::2], strict=True) if bottom)
        return values

    def number(self, directory: Directory, tag: int, default: int) -> int:
        """The first value of an integer tag; `default` if there is none."""
        values = self.numbers(directory, tag)
        return values[0] if values and isinstance(values[0], int) else default

    def text(self, directory: Directory, tag: int) -> bytes:
        """The first kilobyte of a text tag, up to its first NUL; empty if it is missing or not a text."""
        field = directory.fields.get(tag)
        return self._value(field, 1).split(b"\0", 1)[0] if field is not None and field.type in _TEXTS else b""

    def _value(self, field: Field, unit: int) -> bytes:
        if field.offset >= 2**63:
            return b""
        return read_up_to(self._source, self._base + field.offset, min(field.count * unit, MAX_VALUE_BYTES))

    def _read(self, offset: int, size: int) -> bytes:
        if offset >= 2**63:
            raise HeaderError("a TIFF directory is outside the file")
        return read_at(self._source, self._base + offset, size)

    def _unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self._order + layout, data)


def read_orientation(tiff: Tiff, directory: Directory) -> int:
    """The orientation of a directory, 1 to 8; 1 if it is missing or out of range."""
    orientation = tiff.number(directory, _ORIENTATION, 1)
    return orientation if 1 <= orientation <= 8 else 1


def read_layout(source: BinaryIO, max_frames: int) -> Layout:
    """Read the first image of a TIFF file, and count the images up to `max_frames` + 1.

    Raises `HeaderError` if the directories are invalid or form a loop.
    """
    tiff = Tiff(source)
    first = tiff.directory(tiff.first_offset)
    if max((first.fields[tag].count for tag in _CHUNK_LISTS if tag in first.fields), default=0) > MAX_CHUNKS:
        raise HeaderError(f"the TIFF has more than {MAX_CHUNKS} strips or tiles")
    width, height = tiff.number(first, _WIDTH, 0), tiff.number(first, _HEIGHT, 0)
    bits, samples = tiff.number(first, _BITS, 1), tiff.number(first, _SAMPLES, 1)
    has_alpha = _EXTRA_SAMPLES in first.fields
    is_palette = tiff.number(first, _PHOTOMETRIC, 0) == _PALETTE
    is_read_in_chunks = tiff.number(first, _COMPRESSION, 1) != 1 or _TILE_WIDTH in first.fields
    return Layout(
        width,
        height,
        frame_count=_count_directories(tiff, first, max_frames),
        orientation=read_orientation(tiff, first),
        pixel_bytes=1 if samples == 1 and not is_palette else 4,
        conversion_bytes=_conversion_bytes(tiff, first),
        codec_bytes=is_read_in_chunks * _chunk_pixels(tiff, first, width, height) * max(1, samples * bits // 8)
        + _list_bytes(first),
        has_alpha=has_alpha,
    )


def _conversion_bytes(tiff: Tiff, first: Directory) -> int:
    """Pillow applies the orientation after the decode; then grey is scaled to 8 bits, and a palette is looked up."""
    bits, samples = tiff.number(first, _BITS, 1), tiff.number(first, _SAMPLES, 1)
    is_transposed = read_orientation(tiff, first) != 1
    if samples > 1:
        return 4 * (is_transposed or _EXTRA_SAMPLES in first.fields)
    # Big-endian 16-bit samples are widened to 32 bits first.
    widened = _WIDENED_BYTES if tiff.is_big_endian and bits == 16 else 0
    is_palette = tiff.number(first, _PHOTOMETRIC, 0) == _PALETTE
    return max(bits // 8 * is_transposed, _GREY_CONVERSIONS.get(bits, 2 * is_palette) + widened)


def is_camera_raw(source: BinaryIO) -> bool:
    """Whether a TIFF is a camera raw file: then its first directory has only a thumbnail (TIFF/EP, DNG 1.7)."""
    tiff = Tiff(source)
    first = tiff.directory(tiff.first_offset)
    is_thumbnail = tiff.number(first, _SUBFILE_TYPE, 0) & 1 == 1 and _SUB_IFDS in first.fields
    return _DNG_VERSION in first.fields or is_thumbnail


def read_compression(source: BinaryIO) -> int:
    """The Compression tag of the first image of a TIFF file."""
    tiff = Tiff(source)
    return tiff.number(tiff.directory(tiff.first_offset), _COMPRESSION, 1)


def _list_bytes(first: Directory) -> int:
    """Bytes of the lists of strips or tiles as Python numbers in Pillow."""
    return sum(_CHUNK_LIST_ENTRY_BYTES * first.fields[tag].count for tag in _CHUNK_LISTS if tag in first.fields)


def _chunk_pixels(tiff: Tiff, first: Directory, width: int, height: int) -> int:
    """Pixels of one strip or tile; libtiff decodes a whole one at a time."""
    if _TILE_WIDTH in first.fields:
        return tiff.number(first, _TILE_WIDTH, width) * tiff.number(first, _TILE_HEIGHT, height)
    return width * min(height, tiff.number(first, _ROWS_PER_STRIP, height))


def _count_directories(tiff: Tiff, first: Directory, max_frames: int) -> int:
    seen = {tiff.first_offset}
    offset = first.next_offset
    while offset and len(seen) <= max_frames:
        if offset in seen:
            raise HeaderError("the TIFF's directories form a loop")
        seen.add(offset)
        offset = tiff.next_offset(offset)
    return len(seen)
