"""MPF: the further images of a JPEG, such as a gain map or the second view of a camera (CIPA DC-007, section 5)."""

import struct
from typing import BinaryIO, Final

from photosky.imaging.headers.jpeg import segments
from photosky.imaging.headers.reading import HeaderError, read_up_to
from photosky.imaging.headers.tiff import Tiff

MAX_IMAGES: Final = 64
_SIGNATURE: Final = b"MPF\0"
_APP2: Final = 0xE2
_ENTRIES: Final = 0xB002
_ENTRY_BYTES: Final = 16


def further_images(source: BinaryIO) -> list[int]:
    """Offsets of the images after the first one; empty if there are none or if their index is damaged."""
    try:
        for segment in segments(source):
            is_index = segment.marker == _APP2 and read_up_to(source, segment.offset, 4) == _SIGNATURE
            if is_index:
                return _read_index(source, segment.offset + len(_SIGNATURE))
    except HeaderError:
        pass
    return []


def _read_index(source: BinaryIO, base: int) -> list[int]:
    """The offsets in an index, which counts them from its own TIFF header."""
    tiff = Tiff(source, base)
    table = tiff.block(tiff.directory(tiff.first_offset), _ENTRIES, MAX_IMAGES * _ENTRY_BYTES)
    order = "<" if read_up_to(source, base, 2) == b"II" else ">"
    whole = table[: len(table) // _ENTRY_BYTES * _ENTRY_BYTES]
    # The first image has offset 0.
    return [base + offset for size, offset in struct.iter_unpack(f"{order}4xLL4x", whole) if size and offset]
