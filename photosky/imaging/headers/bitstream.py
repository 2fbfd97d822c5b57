"""Coded pictures: the size and number of pictures in AV1 and HEVC data, read from their sequence headers.

AV1 bitstream specification, sections 5.3 to 5.5; ITU-T H.265, sections 7.3.1 and 7.3.2. A decoder allocates memory by
these headers and decodes every picture, whatever the container declares.
"""

from collections.abc import Iterator
from typing import Final

from photosky.imaging.headers.reading import HeaderError

Size = tuple[int, int]

MAX_UNITS: Final = 20_000
"""Units (OBUs or NAL units) of one item's data."""

_AV1_SEQUENCE_HEADER: Final = 1
_AV1_FRAMES: Final = frozenset({3, 6})  # a frame header, without or with its tiles
HEVC_SPS: Final = 33
_HEVC_PICTURES: Final = range(32)
_MAX_HEADER_BYTES: Final = 4096


class _BitReader:
    """A cursor over bits, the most significant first. Raises `HeaderError` at the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise HeaderError("a sequence header is truncated")
        return self._value >> self._left & (1 << count) - 1

    def exp_golomb(self) -> int:
        """An unsigned number in Exp-Golomb code: ue(v) in H.265, uvlc() in AV1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise HeaderError("a sequence header is invalid")
        return (1 << zeros) - 1 + self.take(zeros)


def av1_pictures(data: bytes) -> tuple[list[Size], int]:
    """The maximum frame size of each sequence header in AV1 data, and the number of frames."""
    sizes: list[Size] = []
    frames = 0
    for kind, body in _av1_units(data):
        if kind == _AV1_SEQUENCE_HEADER:
            sizes.append(_av1_size(_BitReader(body)))
        frames += kind in _AV1_FRAMES
    return sizes, frames


def hevc_pictures(data: bytes, length_bytes: int) -> tuple[list[Size], int]:
    """The size in each sequence parameter set in HEVC data, and the number of pictures.

    A length field of `length_bytes` bytes precedes each NAL unit.
    """
    sizes: list[Size] = []
    pictures, offset = 0, 0
    for _ in range(MAX_UNITS):
        start = offset + length_bytes
        size = int.from_bytes(data[offset:start])
        if start >= len(data):
            return sizes, pictures
        kind = data[start] >> 1 & 63
        if kind == HEVC_SPS:
            sizes += hevc_sps_sizes(data[start : start + min(size, _MAX_HEADER_BYTES)])
        # first_slice_segment_in_pic_flag
        pictures += kind in _HEVC_PICTURES and data[start + 2 : start + 3] >= b"\x80"
        offset = start + size
    raise HeaderError(f"an image item has more than {MAX_UNITS} units")


def hevc_sps_sizes(unit: bytes) -> list[Size]:
    """The coded size of a sequence parameter set in luma samples; empty unless it belongs to the base layer."""
    if len(unit) < 3 or unit[0] & 1 or unit[1] >> 3:
        return []
    bits = _BitReader(unit[2:].replace(b"\0\0\3", b"\0\0"))  # without emulation prevention
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 96)  # sps_temporal_id_nesting_flag; the general profile, tier and level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    bits.exp_golomb()  # sps_seq_parameter_set_id
    if bits.exp_golomb() == 3:  # chroma_format_idc
        bits.take(1)  # separate_colour_plane_flag
    return [(bits.exp_golomb(), bits.exp_golomb())]


def _av1_units(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    for _ in range(MAX_UNITS):
        if offset >= len(data):
            return
        head = data[offset]
        offset += 2 if head & 4 else 1
        size = len(data) - offset
        if head & 2:
            size, offset = _leb128(data, offset)
        yield head >> 3 & 15, data[offset : offset + min(size, _MAX_HEADER_BYTES)]
        offset += size
    raise HeaderError(f"an image item has more than {MAX_UNITS} units")


def _leb128(data: bytes, offset: int) -> tuple[int, int]:
    """A number in leb128 code (AV1, section 4.10.5), and the offset after it."""
    value = 0
    for index, byte in enumerate(data[offset : offset + 8]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value, offset + index + 1
    raise HeaderError("the size of an AV1 unit is invalid")


def _av1_size(bits: _BitReader) -> Size:
    bits.take(4)  # seq_profile, still_picture
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _skip_operating_points(bits: _BitReader) -> None:
    delay_bits = 0
    if bits.take(1):  # timing_info_present_flag
        bits.take(64)
        if bits.take(1):
            bits.exp_golomb()
        if bits.take(1):  # decoder_model_info_present_flag
            delay_bits = bits.take(5) + 1
            bits.take(32 + 5 + 5)
    has_display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_display_delay and bits.take(1):
            bits.take(4)
