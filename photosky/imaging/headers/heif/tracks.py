"""Tracks of an image sequence: the `moov` box (ISO/IEC 14496-12, section 8.3)."""

from collections.abc import Iterator
from typing import BinaryIO

from photosky.imaging.headers.heif.boxes import find_box, iter_boxes, read_box

_SAMPLE_TABLE = (b"mdia", b"minf", b"stbl")


def read_maxima(source: BinaryIO) -> tuple[int, int, int]:
    """Maximum width, height and number of samples over all tracks; zeros without tracks."""
    width = height = samples = 0
    for track in _tracks(source):
        tkhd = find_box(track, b"tkhd") or b""
        width = max(width, int.from_bytes(tkhd[-8:-4]) >> 16)
        height = max(height, int.from_bytes(tkhd[-4:]) >> 16)
        stsz = find_box(track, *_SAMPLE_TABLE, b"stsz") or b""
        samples = max(samples, int.from_bytes(stsz[8:12]))
    return width, height, samples


def read_first_samples(source: BinaryIO) -> Iterator[tuple[int, int]]:
    """Offset and size of the first sample of each track that has one."""
    for track in _tracks(source):
        table = find_box(track, *_SAMPLE_TABLE) or b""
        stsz, stco, co64 = (find_box(table, kind) or b"" for kind in (b"stsz", b"stco", b"co64"))
        size = int.from_bytes(stsz[4:8]) or int.from_bytes(stsz[12:16])
        offset = int.from_bytes(stco[8:12]) if stco else int.from_bytes(co64[8:16])
        if size and offset:
            yield offset, size


def _tracks(source: BinaryIO) -> Iterator[bytes]:
    return (box.body for box in iter_boxes(read_box(source, b"moov") or b"") if box.kind == b"trak")
