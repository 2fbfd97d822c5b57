"""Codec configurations: the `av1C` box (AV1-ISOBMFF) and the `hvcC` box (ISO/IEC 14496-15)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from photosky.imaging.headers.bitstream import HEVC_SPS, Size, hevc_sps_sizes
from photosky.imaging.headers.heif.boxes import Box, FieldReader

AV1_ITEM: Final = b"av01"
HEVC_ITEM: Final = b"hvc1"

_HEVC_SAMPLES_PER_PIXEL: Final = (1.0, 1.5, 2.0, 3.0)  # by chroma_format_idc (ITU-T H.265, table 6-1)


class SampleFormat(NamedTuple):
    """The samples of a coded image; the defaults are an upper bound.

    Attributes:
        sample_bytes: Bytes per sample.
        samples_per_pixel: Samples per pixel, over all planes.
    """

    sample_bytes: int = 2
    samples_per_pixel: float = 3.0


def sample_format(properties: Iterable[Box]) -> SampleFormat:
    """The sample format that an item's properties declare."""
    for box in properties:
        if box.kind == b"av1C" and len(box.body) >= 3:
            return _av1_format(box.body[2])
        if box.kind == b"hvcC" and len(box.body) >= 18:
            return _hevc_format(box.body[16] & 3, box.body[17] & 7)
    return SampleFormat()


def read_hevc_configuration(body: bytes) -> tuple[list[Size], int]:
    """The sizes that an `hvcC` box declares, and the bytes of each length field in the coded data."""
    fields, sizes = FieldReader(body), []
    fields.unsigned(21)
    length_bytes = (fields.unsigned(1) & 3) + 1
    for _ in range(fields.unsigned(1)):
        kind = fields.unsigned(1) & 63
        for _ in range(fields.unsigned(2)):
            unit = fields.bytes(fields.unsigned(2))
            sizes += hevc_sps_sizes(unit) if kind == HEVC_SPS else []
    return sizes, length_bytes


def _av1_format(flags: int) -> SampleFormat:
    high_depth, monochrome, subsampled_x, subsampled_y = flags & 0x40, flags & 0x10, flags & 8, flags & 4
    chroma = 0.0 if monochrome else 2.0 / (2 if subsampled_x else 1) / (2 if subsampled_y else 1)
    return SampleFormat(2 if high_depth else 1, 1 + chroma)


def _hevc_format(chroma_format: int, depth_above_8: int) -> SampleFormat:
    return SampleFormat(2 if depth_above_8 else 1, _HEVC_SAMPLES_PER_PIXEL[chroma_format])
