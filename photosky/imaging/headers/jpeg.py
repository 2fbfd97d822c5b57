"""JPEG: the segments before the first scan (ITU-T T.81, annex B)."""

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from photosky.imaging.headers.exif import PREFIX, exif_orientation
from photosky.imaging.headers.reading import HeaderError, Layout, read_at, read_up_to

MAX_SEGMENTS: Final = 4096
FRAME_STARTS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
SCAN, END = 0xDA, 0xD9
_APP1: Final = 0xE1
_JUNK_BYTES: Final = 65536
_REPAIR_BYTES: Final = 2 * 65536
_MAX_REPAIRS: Final = 16

# A marker that can follow a segment before the first scan.
_SEGMENT_START: Final = re.compile(rb"\xff[\xc0-\xcf\xd8\xdb\xdd\xe0-\xef\xfe]")


class Frame(NamedTuple):
    """A frame header (section B.2.2).

    Attributes:
        marker: The marker, which selects the coding process.
        width, height: Size in pixels.
        components: Identifier, horizontal and vertical sampling factor of each component.
    """

    marker: int
    width: int
    height: int
    components: tuple[tuple[int, int, int], ...]

    @property
    def is_progressive(self) -> bool:
        return self.marker in _PROGRESSIVE


class Segment(NamedTuple):
    """A marker segment: its marker, and the offset and size in bytes of its body, without the length field."""

    marker: int
    offset: int
    size: int


def segments(source: BinaryIO) -> Iterator[Segment]:
    """The marker segments up to the first scan, which is the last one, or to the end of the image.

    A segment that is shorter than its own length field is empty, as in libjpeg. If no marker follows a segment, its
    length is wrong, and reading continues at the next segment from which others lead to the first scan.

    Raises `HeaderError` if the file ends before the first scan, or if more than `MAX_SEGMENTS` precede it.
    """
    offset = last = 2
    repairs = 0
    for _ in range(MAX_SEGMENTS):
        if repairs < _MAX_REPAIRS and not _is_marker(read_up_to(source, offset, 2)):
            offset = _find_segment(source, last) or offset
            repairs += 1
        offset, marker = _next_marker(source, offset)
        if marker in _STANDALONE:
            continue
        if marker == END:
            yield Segment(marker, offset, 0)
            return
        size = max(0, int.from_bytes(read_at(source, offset, 2)) - 2)
        yield Segment(marker, offset + 2, size)
        if marker == SCAN:
            return
        last = offset + 2
        offset = last + size
    raise HeaderError(f"the JPEG has more than {MAX_SEGMENTS} segments before its first scan")


def _is_marker(window: bytes) -> bool:
    return len(window) == 2 and window[0] == 0xFF and window[1] != 0


def _find_segment(source: BinaryIO, offset: int) -> int | None:
    """The offset of the next segment from which others lead to a scan; a whole image in between is a thumbnail."""
    window = read_up_to(source, offset, _REPAIR_BYTES)
    position, attempts = 0, 0
    while attempts < _MAX_REPAIRS and (found := _SEGMENT_START.search(window, position)):
        position = found.end()
        if found.group() == b"\xff\xd8":
            end = window.find(b"\xff\xd9", position)
            position = end + 2 if end >= 0 else position
            continue
        attempts += 1
        if _leads_to_scan(source, offset + found.start()):
            return offset + found.start()
    return None


def _leads_to_scan(source: BinaryIO, offset: int) -> bool:
    for _ in range(MAX_SEGMENTS):
        head = read_up_to(source, offset, 4)
        if not _is_marker(head[:2]) or len(head) < 4:
            return False
        if head[1] == SCAN:
            return True
        offset += 2 + max(2, int.from_bytes(head[2:]))
    return False


def read_layout(source: BinaryIO) -> Layout:
    """Read the primary image of a JPEG, MPO or gain-map JPEG. Raises `HeaderError` if its frame header is invalid."""
    frame, orientation, scan_components = None, None, 0
    for segment in segments(source):
        if segment.marker in FRAME_STARTS:
            found = read_frame(segment.marker, read_at(source, segment.offset, segment.size))
            if frame is not None and found is not None:
                raise HeaderError("the JPEG has two frame headers before its first scan")
            frame = found or frame
        elif segment.marker == _APP1 and orientation is None:
            orientation = _read_orientation(source, segment)
        elif segment.marker == SCAN:
            scan_components = read_at(source, segment.offset, 1)[0]
    return _layout(frame, orientation or 1, scan_components=scan_components)


def _read_orientation(source: BinaryIO, segment: Segment) -> int | None:
    """The orientation in an EXIF segment; None in other segments."""
    if read_up_to(source, segment.offset, min(segment.size, len(PREFIX))) != PREFIX:
        return None
    return exif_orientation(read_up_to(source, segment.offset, segment.size))


def _next_marker(source: BinaryIO, offset: int) -> tuple[int, int]:
    """The offset after the next marker, and the marker; bytes between segments are skipped, as decoders do."""
    window = read_up_to(source, offset, 2)
    if len(window) == 2 and window[0] == 0xFF and window[1] not in (0x00, 0xFF):
        return offset + 2, window[1]
    found = re.search(rb"\xff[^\x00\xff]", read_up_to(source, offset, _JUNK_BYTES))
    if found is None:
        raise HeaderError("the JPEG ends before its first scan")
    return offset + found.end(), found.group()[1]


def read_frame(marker: int, body: bytes) -> Frame | None:
    """The frame header with this marker and body; None if its size is not that of its components."""
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        return None
    _, height, width, _ = struct.unpack(">BHHB", body[:6])
    entries = (body[start : start + 2] for start in range(6, len(body), 3))
    return Frame(marker, width, height, tuple((name, factors >> 4, factors & 15) for name, factors in entries))


def _layout(frame: Frame | None, orientation: int, scan_components: int) -> Layout:
    if frame is None:
        raise HeaderError("the JPEG has no frame header")
    pixels = frame.width * frame.height
    areas = [horizontal * vertical for _, horizontal, vertical in frame.components]
    samples = sum(areas) / max((1, *areas))
    # libjpeg keeps 16-bit coefficients of the whole image if it has more than one scan.
    has_many_scans = frame.is_progressive or scan_components < len(frame.components)
    return Layout(
        frame.width,
        frame.height,
        orientation=orientation,
        pixel_bytes=1 if len(frame.components) == 1 else 4,
        codec_bytes=int(2 * pixels * samples) if has_many_scans else 0,
        is_scalable=True,
    )
