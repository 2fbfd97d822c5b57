"""Boxes of an ISO base media file (ISO/IEC 14496-12, section 4.2)."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from photosky.imaging.headers.reading import HeaderError, read_at, read_up_to

MAX_BOXES: Final = 20_000
"""Boxes within one box; also the maximum number of entries of a table."""

_MAX_TOP_BOXES: Final = 100
_MAX_BOX_BYTES: Final = 1024 * 1024
_TO_END_OF_FILE: Final = 2**62


class Box(NamedTuple):
    """A box: its type, and the bytes after its size and type."""

    kind: bytes
    body: bytes


def read_box(source: BinaryIO, kind: bytes) -> bytes | None:
    """The body of the file's first top-level box of this type; None if there is none.

    Raises `HeaderError` if the box is larger than 1 MiB.
    """
    for found, offset, size in top_boxes(source):
        if found == kind:
            if size > _MAX_BOX_BYTES:
                raise HeaderError(f"the {kind.decode()} box has {size} bytes; the limit is {_MAX_BOX_BYTES}")
            return read_at(source, offset, size)
    return None


def has_box(source: BinaryIO, kind: bytes) -> bool:
    """Whether the file has a top-level box of this type, before any damage."""
    try:
        return any(found == kind for found, _, _ in top_boxes(source))
    except HeaderError:
        return False


def iter_boxes(body: bytes) -> Iterator[Box]:
    """The boxes within a box. Raises `HeaderError` if one exceeds the body."""
    offset = 0
    for _ in range(MAX_BOXES):
        if offset + 8 > len(body):
            return
        size, kind = struct.unpack_from(">L4s", body, offset)
        start = 8
        if size == 1 and offset + 16 <= len(body):
            size, start = int.from_bytes(body[offset + 8 : offset + 16]), 16
        if size == 0:
            size = len(body) - offset
        if size < start or offset + size > len(body):
            raise HeaderError(f"the {kind.decode('ascii', 'replace')!r} box is truncated")
        yield Box(kind, body[offset + start : offset + size])
        offset += size
    raise HeaderError(f"a box contains more than {MAX_BOXES} boxes")


def make_box(kind: bytes, body: bytes) -> bytes:
    """A box with a header of eight bytes."""
    return struct.pack(">L4s", 8 + len(body), kind) + body


def find_box(body: bytes, *path: bytes) -> bytes | None:
    """The body of the box at a path of types, each within the previous one; None if there is none."""
    for kind in path:
        found = next((box.body for box in iter_boxes(body) if box.kind == kind), None)
        if found is None:
            return None
        body = found
    return body


def unsigned(body: bytes, offset: int, size: int) -> int:
    """The unsigned integer of `size` bytes at `offset`. Raises `HeaderError` if the body ends before."""
    data = body[offset : offset + size]
    if len(data) < size:
        raise HeaderError("a box is truncated")
    return int.from_bytes(data)


class FieldReader:
    """A cursor over the fields of a box. Raises `HeaderError` at the end of the box."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._offset = 0

    def unsigned(self, size: int) -> int:
        """The next `size` bytes as an unsigned integer."""
        return int.from_bytes(self.bytes(size))

    def bytes(self, size: int) -> bytes:
        """The next `size` bytes."""
        self._offset += size
        if self._offset > len(self._body):
            raise HeaderError("a box is truncated")
        return self._body[self._offset - size : self._offset]


def top_boxes(source: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Type, offset of the body and size of the body of each top-level box, up to bytes that are no box.

    Raises `HeaderError` if there are more than 100 boxes.
    """
    offset = 0
    for _ in range(_MAX_TOP_BOXES):
        head = read_up_to(source, offset, 16)
        if len(head) < 8:
            return
        size, kind = struct.unpack(">L4s", head[:8])
        start = 8
        if size == 1 and len(head) == 16:
            size, start = int.from_bytes(head[8:16]), 16
        if size == 0:
            size = _TO_END_OF_FILE
        if size < start:
            return  # these bytes are no box; decoders ignore what follows the boxes that they need
        yield kind, offset + start, size - start
        offset += size
        if offset >= _TO_END_OF_FILE:
            return
    raise HeaderError(f"the file has more than {_MAX_TOP_BOXES} boxes")
