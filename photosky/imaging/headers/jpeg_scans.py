"""The scans of a JPEG: their number, whether data is missing, and what a decoder needs (ITU-T T.81, annex B)."""

import io
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from photosky.imaging.headers.jpeg import END, FRAME_STARTS, SCAN, Frame, read_frame, segments
from photosky.imaging.headers.reading import HeaderError, Piece

_RESTART_INTERVAL: Final = 0xDD
_TABLES: Final = frozenset({0xC4, 0xCC, 0xDB, _RESTART_INTERVAL})  # Huffman, arithmetic, quantization
_BASELINE: Final = frozenset({0xC0, 0xC1})
_FIRST_ARITHMETIC: Final = 0xC9
_APP0, _APP14 = 0xE0, 0xEE
_JFIF: Final = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
_MIN_JFIF_BYTES, _ADOBE_BYTES = 14, 12  # as in libjpeg (jdmarker.c)
_START_OF_IMAGE, _END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"
_COEFFICIENTS: Final = 64

# Within a scan, 0xFF precedes 0x00 (stuffing), a restart marker or fill bytes; any other marker ends the scan.
_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_END: Final = re.compile(rb"\xff+\xd9")
_RESTART: Final = re.compile(rb"\xff[\xd0-\xd7]")


@dataclass(frozen=True)
class Scan:
    """A scan (section B.2.3).

    Attributes:
        components: The identifiers of its components.
        band: First and last coefficient, 0 to 63.
        low_bit: The lowest bit that the scan has of each coefficient (Al).
        restart_interval: Minimum coded units between two restart markers; 0 without restart markers.
        start, end: Offsets of its entropy-coded data.
    """

    components: tuple[int, ...]
    band: tuple[int, int]
    low_bit: int
    restart_interval: int
    start: int
    end: int


@dataclass(frozen=True)
class Scans:
    """The primary image of a JPEG.

    Attributes:
        head: The segments that determine the samples, from SOI to the first scan.
        offset: The offset of the first scan's marker.
        frame: The frame header.
        scans: The scans that a decoder reads; at least one.
        has_end: Whether an EOI marker follows the last scan.
    """

    head: tuple[Piece, ...]
    offset: int
    frame: Frame
    scans: tuple[Scan, ...]
    has_end: bool

    @property
    def pixels(self) -> int:
        """The stored size in pixels."""
        return self.frame.width * self.frame.height

    @property
    def is_arithmetic(self) -> bool:
        """Whether entropy coding is arithmetic; its encoders leave out zeros at the end of a scan (section D.1.8)."""
        return self.frame.marker >= _FIRST_ARITHMETIC

    def pieces(self, data: bytes, tail: bytes = b"") -> list[Piece]:
        """What a decoder needs of the file, with `tail` after the data of the last scan, and with an EOI marker."""
        return [*self.head, memoryview(data)[self.offset : self.scans[-1].end], tail, _END_OF_IMAGE]

    def has_all_scans(self) -> bool:
        """Whether the scans have each coefficient of each component, down to its lowest bit (section G.1.1.1)."""
        lowest: dict[tuple[int, int], int] = {}
        for scan in self.scans:
            first, last = scan.band if self.frame.is_progressive else (0, _COEFFICIENTS - 1)
            low_bit = scan.low_bit if self.frame.is_progressive else 0
            lowest |= dict.fromkeys(product(scan.components, range(first, last + 1)), low_bit)
        names = {name for name, _, _ in self.frame.components}
        return len(lowest) >= len(names) * _COEFFICIENTS and not any(lowest.values())

    def has_all_intervals(self, data: bytes) -> bool:
        """Whether each scan has as many restart markers as its number of coded units requires (section E.1.4)."""
        return all(
            sum(1 for _ in _RESTART.finditer(data, scan.start, scan.end)) >= (units - 1) // scan.restart_interval
            for scan in self.scans
            if scan.restart_interval and (units := self._coded_units(scan))
        )

    def _coded_units(self, scan: Scan) -> int:
        """The minimum coded units of a scan (section A.2)."""
        factors = {name: (horizontal, vertical) for name, horizontal, vertical in self.frame.components}
        most = [max(1, *sizes) for sizes in zip(*factors.values(), (1, 1), strict=True)]
        sizes = self.frame.width, self.frame.height
        if len(scan.components) == 1:
            own = factors.get(scan.components[0], (1, 1))
            samples = (-(-size * factor // full) for size, factor, full in zip(sizes, own, most, strict=True))
            return math.prod(-(-count // 8) for count in samples)
        return math.prod(-(-size // (8 * factor)) for size, factor in zip(sizes, most, strict=True))


def read_scans(data: bytes, max_scans: int) -> Scans:
    """Read the primary image, with up to `max_scans` scans.

    A decoder processes each scan of a progressive JPEG over the whole image, however few bytes the scan has. If the
    first scan of a baseline JPEG has all components, decoders read no other scan.

    Application segments are left out of the head, except those that determine the colour transform: JFIF and Adobe's,
    if they are long enough for libjpeg to use them.

    Raises `HeaderError` if the file has no frame header or no scan.
    """
    view, frame, interval = memoryview(data), None, 0
    head: list[Piece] = [_START_OF_IMAGE]
    for segment in segments(io.BytesIO(data)):
        body = view[segment.offset : segment.offset + segment.size]
        if segment.marker == SCAN and frame is not None:
            offset = segment.offset - 4
            scans = tuple(_scans(data, offset, interval, max_scans, frame))
            has_end = _END.match(data, scans[-1].end) is not None
            return Scans(tuple(head), offset, frame, scans, has_end)
        found = read_frame(segment.marker, bytes(body)) if segment.marker in FRAME_STARTS else None
        frame = found or frame
        if segment.marker == _RESTART_INTERVAL:
            interval = int.from_bytes(body[:2])
        if found or segment.marker in _TABLES:
            head.append(view[segment.offset - 4 : segment.offset + segment.size])
        elif segment.marker == _APP0 and segment.size >= _MIN_JFIF_BYTES and data.startswith(b"JFIF\0", segment.offset):
            head.append(_JFIF)
        elif segment.marker == _APP14 and segment.size >= _ADOBE_BYTES and data.startswith(b"Adobe", segment.offset):
            head.append(b"\xff\xee\0\x0e" + body[:_ADOBE_BYTES])
    raise HeaderError("the JPEG has no scan")


def _scans(data: bytes, offset: int, interval: int, max_scans: int, frame: Frame) -> Iterator[Scan]:
    """The scans from the marker at `offset`; at least one."""
    count = 0
    while count < max_scans:
        found = _MARKER.search(data, offset)
        if found is None or found.group()[1] == END:
            return
        start = found.end()
        size = max(2, int.from_bytes(data[start : start + 2]))
        if found.group()[1] == _RESTART_INTERVAL:
            interval = int.from_bytes(data[start + 2 : start + 4])
        offset = start + size
        if found.group()[1] != SCAN:
            continue
        end = _MARKER.search(data, offset)
        count, offset = count + 1, end.start() if end else len(data)
        data_end = _without_fill_bytes(data, start + size, offset)
        scan = _read_scan(data[start + 2 : start + size], interval, start + size, data_end)
        yield scan
        if frame.marker in _BASELINE and len(scan.components) == len(frame.components):
            return


def _without_fill_bytes(data: bytes, start: int, end: int) -> int:
    """The end of a scan's data, without fill bytes and without half of a marker at the end of the file."""
    while end > start and data[end - 1] == 0xFF:
        end -= 1
    return max(start, end)


def _read_scan(body: bytes, interval: int, start: int, end: int) -> Scan:
    """A scan from its header; a header that is cut or too short has no components."""
    count = body[0] if body else 0
    if len(body) < 1 + 2 * count + 3:
        return Scan((), (0, 0), 0, interval, start, end)
    first, last, bits = struct.unpack_from(">BBB", body, 1 + 2 * count)
    return Scan(tuple(body[1 : 1 + 2 * count : 2]), (first, last), bits & 15, interval, start, end)
