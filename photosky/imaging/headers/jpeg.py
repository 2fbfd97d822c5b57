"""JPEG: the segments before the first scan (ITU-T T.81, annex B), and the number of scans."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from photosky.imaging.headers.exif import PREFIX, exif_orientation
from photosky.imaging.headers.reading import HeaderError, Layout, read_at, read_up_to

MAX_SEGMENTS: Final = 4096
_FRAME_STARTS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_BASELINE: Final = frozenset({0xC0, 0xC1})
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_JUNK_BYTES: Final = 65536

# Within a scan, 0xFF precedes 0x00 (stuffing), a restart marker or fill bytes; any other marker ends the scan.
_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")


@dataclass(frozen=True)
class _Frame:
    width: int
    height: int
    components: tuple[int, ...]  # samples of each component in one minimum coded unit
    is_progressive: bool


@dataclass(frozen=True)
class Segment:
    """A marker segment: its marker, and the offset and size in bytes of its body, without the length field."""

    marker: int
    offset: int
    size: int


def segments(source: BinaryIO) -> Iterator[Segment]:
    """The marker segments up to the first scan, which is the last one, or to the end of the image.

    A segment that is shorter than its own length field is empty, as in libjpeg. Raises `HeaderError` if the file ends
    before the first scan, or if more than `MAX_SEGMENTS` precede it.
    """
    offset = 2
    for _ in range(MAX_SEGMENTS):
        offset, marker = _next_marker(source, offset)
        if marker in _STANDALONE:
            continue
        if marker == _END:
            yield Segment(marker, offset, 0)
            return
        size = max(0, int.from_bytes(read_at(source, offset, 2)) - 2)
        yield Segment(marker, offset + 2, size)
        if marker == _SCAN:
            return
        offset += 2 + size
    raise HeaderError(f"the JPEG has more than {MAX_SEGMENTS} segments before its first scan")


def read_layout(source: BinaryIO) -> Layout:
    """Read the primary image of a JPEG, MPO or gain-map JPEG. Raises `HeaderError` if its frame header is invalid."""
    frame, orientation, scan_components = None, None, 0
    for segment in segments(source):
        if segment.marker in _FRAME_STARTS:
            if frame is not None:
                raise HeaderError("the JPEG has two frame headers before its first scan")
            body = read_at(source, segment.offset, segment.size)
            frame = _read_frame(body, is_progressive=segment.marker in _PROGRESSIVE)
        elif segment.marker == _APP1 and orientation is None:
            orientation = _read_orientation(source, segment)
        elif segment.marker == _SCAN:
            scan_components = read_at(source, segment.offset, 1)[0]
    return _layout(frame, orientation or 1, scan_components=scan_components)


def _read_orientation(source: BinaryIO, segment: Segment) -> int | None:
    """The orientation in an EXIF segment; None in other segments."""
    if read_up_to(source, segment.offset, min(segment.size, len(PREFIX))) != PREFIX:
        return None
    return exif_orientation(read_up_to(source, segment.offset, segment.size))


def count_scans(data: bytes, max_scans: int) -> int:
    """Count the scans of the primary image, up to `max_scans`.

    A decoder processes each scan of a progressive JPEG over the whole image, however few bytes the scan has. If the
    first scan of a baseline JPEG has all components, decoders read no other scan, and the count is 1.
    """
    scans, offset, baseline_components = 0, 2, b""
    while scans < max_scans:
        found = _MARKER.search(data, offset)
        if found is None or data[found.end() - 1] == _END:
            break
        marker, offset = data[found.end() - 1], found.end()
        if marker in _BASELINE:
            baseline_components = data[offset + 7 : offset + 8]
        scans += marker == _SCAN
        if marker == _SCAN and data[offset + 2 : offset + 3] == baseline_components:
            break
        offset += max(2, int.from_bytes(data[offset : offset + 2]))
    return scans


def _next_marker(source: BinaryIO, offset: int) -> tuple[int, int]:
    """The offset after the next marker, and the marker; bytes between segments are skipped, as decoders do."""
    window = read_up_to(source, offset, 2)
    if len(window) == 2 and window[0] == 0xFF and window[1] not in (0x00, 0xFF):
        return offset + 2, window[1]
    found = re.search(rb"\xff[^\x00\xff]", read_up_to(source, offset, _JUNK_BYTES))
    if found is None:
        raise HeaderError("the JPEG ends before its first scan")
    return offset + found.end(), found.group()[1]


def _read_frame(body: bytes, *, is_progressive: bool) -> _Frame:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise HeaderError("the JPEG's frame header is truncated")
    _, height, width, count = struct.unpack(">BHHB", body[:6])
    sampling = body[7 : 6 + 3 * count : 3]
    return _Frame(width, height, tuple((factor >> 4) * (factor & 15) for factor in sampling), is_progressive)


def _layout(frame: _Frame | None, orientation: int, scan_components: int) -> Layout:
    if frame is None:
        raise HeaderError("the JPEG has no frame header")
    pixels = frame.width * frame.height
    samples = sum(frame.components) / max((1, *frame.components))
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
