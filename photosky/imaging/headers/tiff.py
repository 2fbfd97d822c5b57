"""TIFF: image file directories, of TIFF files and of the EXIF blocks in every other format.

TIFF 6.0, section 2; BigTIFF as in libtiff's design page. Of each tag at most one kilobyte is read, whatever size the
tag declares; only `Tiff.block` reads more, up to a given limit.
"""

import struct
from collections.abc import Mapping
from typing import BinaryIO, Final, NamedTuple

from photosky.imaging.headers.reading import HeaderError, read_at, read_up_to

MAX_ENTRIES: Final = 4096
MAX_VALUE_BYTES: Final = 1024

FORMATS: Final[Mapping[int, tuple[str, int]]] = {
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
"""Letters of `struct` and bytes of one value, by type (TIFF 6.0, page 15; BigTIFF)."""

_TEXTS: Final = frozenset({1, 2, 7})
_RATIONALS: Final = frozenset({5, 10})

_ORIENTATION: Final = 274


class Field(NamedTuple):
    """An entry of a directory: the type, the declared number and the offset of its values."""

    type: int
    value_count: int
    offset: int


class Directory(NamedTuple):
    """An image file directory (IFD): its fields by tag, and the offset of the next directory, 0 at the end."""

    fields: Mapping[int, Field]
    next_offset: int


class Tiff:
    """The TIFF structure at offset `base` of `source`. Raises `HeaderError` if there is none.

    Attributes:
        order: The byte order, as in `struct`.
        first_offset: The offset of the first directory.
    """

    def __init__(self, source: BinaryIO, base: int = 0) -> None:
        self._source = source
        self._base = base
        head = read_up_to(source, base, 16)
        self.order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        if not self.order or len(head) < 8:
            raise HeaderError("the TIFF header is invalid")
        # Some writers store the number 42 in the other byte order; Pillow accepts it.
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
        _, unit = FORMATS.get(kind, ("", 0))
        if count * unit <= inline_size:
            return tag, Field(kind, count, entry_offset + len(entry) - inline_size)
        (offset,) = self._unpack("Q" if self._big else "L", entry[-inline_size:])
        return tag, Field(kind, count, offset)

    def numbers(self, directory: Directory, tag: int) -> tuple[float, ...]:
        """The values of a numeric tag, without rationals x/0; empty if it is missing, not numeric or truncated."""
        field = directory.fields.get(tag)
        if field is None or field.type not in FORMATS or field.type in (2, 7):
            return ()
        letters, unit = FORMATS[field.type]
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

    def block(self, directory: Directory, tag: int, max_bytes: int) -> bytes:
        """All bytes of a tag's values; empty if it is missing, has an unknown type or is larger than `max_bytes`."""
        size = self.block_bytes(directory, tag)
        return self._read_value(directory.fields[tag], size) if 0 < size <= max_bytes else b""

    def block_bytes(self, directory: Directory, tag: int) -> int:
        """The declared size of a tag's values in bytes; 0 if it is missing or has an unknown type."""
        field = directory.fields.get(tag)
        return 0 if field is None else field.value_count * FORMATS.get(field.type, ("", 0))[1]

    def _value(self, field: Field, unit: int) -> bytes:
        return self._read_value(field, min(field.value_count * unit, MAX_VALUE_BYTES))

    def _read_value(self, field: Field, size: int) -> bytes:
        return b"" if field.offset >= 2**63 else read_up_to(self._source, self._base + field.offset, size)

    def _read(self, offset: int, size: int) -> bytes:
        if offset >= 2**63:
            raise HeaderError("a TIFF directory is outside the file")
        return read_at(self._source, self._base + offset, size)

    def _unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self.order + layout, data)


def read_orientation(tiff: Tiff, directory: Directory) -> int:
    """The orientation of a directory, 1 to 8; 1 if it is missing or out of range."""
    orientation = tiff.number(directory, _ORIENTATION, 1)
    return orientation if 1 <= orientation <= 8 else 1
