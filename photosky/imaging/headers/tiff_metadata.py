"""Metadata of a TIFF: XMP, IPTC and ICC profile in its first directory; the whole file is an EXIF block.

XMP part 3 (section 2.3.3), Photoshop TIFF technical notes, ICC.1:2022 (annex B.5).
"""

import struct
from typing import BinaryIO, Final

from photosky.imaging.headers.jpeg_metadata import iptc_of_resources
from photosky.imaging.headers.reading import MAX_METADATA_BYTES, MAX_PROFILE_BYTES, HeaderError, Metadata
from photosky.imaging.headers.tiff import Directory, Tiff

_XMP, _IPTC, _PHOTOSHOP, _ICC_PROFILE = 700, 33723, 34377, 34675
_LONG: Final = 4
_IPTC_MARKER: Final = b"\x1c"


def read_metadata(source: BinaryIO) -> Metadata:
    """Read the metadata of the first image; values that are truncated or exceed their bound are omitted."""
    try:
        tiff = Tiff(source)
        first = tiff.directory(tiff.first_offset)
    except HeaderError:
        return Metadata()
    source.seek(0)
    return Metadata(
        exif=source.read(),
        xmp=_complete(tiff, first, _XMP).strip(b"\0"),
        iptc=_iptc(tiff, first) or iptc_of_resources(_complete(tiff, first, _PHOTOSHOP)),
        icc_profile=_complete(tiff, first, _ICC_PROFILE, MAX_PROFILE_BYTES),
    )


def _complete(tiff: Tiff, directory: Directory, tag: int, max_bytes: int = MAX_METADATA_BYTES) -> bytes:
    """The bytes of a tag; empty if the file ends before."""
    data = tiff.block(directory, tag, max_bytes)
    return data if len(data) == tiff.block_bytes(directory, tag) else b""


def _iptc(tiff: Tiff, directory: Directory) -> bytes:
    """The IPTC records. Declared as LONG values, they may be stored in the byte order of the file."""
    data = _complete(tiff, directory, _IPTC)
    if data.startswith(_IPTC_MARKER) or not data or directory.fields[_IPTC].type != _LONG:
        return data
    count = len(data) // 4
    return struct.pack(f">{count}L", *struct.unpack(f"<{count}L", data))
