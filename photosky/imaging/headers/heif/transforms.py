"""Transformative properties: rotation, mirroring and crop of an item (ISO/IEC 23008-12, section 6.5)."""

import struct
from collections.abc import Iterable, Mapping
from typing import Final

from photosky.imaging.headers.heif.boxes import Box

# EXIF orientations by quarter turns anticlockwise and whether the result is then mirrored left to right.
_ORIENTATIONS: Final[Mapping[tuple[int, bool], int]] = {
    (0, False): 1,
    (0, True): 2,
    (2, False): 3,
    (2, True): 4,
    (3, True): 5,
    (3, False): 6,
    (1, True): 7,
    (1, False): 8,
}


def apply_transforms(properties: Iterable[Box], width: int, height: int, *, crop: bool) -> tuple[int, int, int]:
    """Stored width, stored height and EXIF orientation after `clap`, `irot` and `imir`, in their order.

    A `clap` box counts only if `crop` is set and no rotation precedes it.
    """
    turns, is_mirrored = 0, False
    for box in properties:
        if box.kind == b"irot" and box.body:
            turns = (turns + (-1 if is_mirrored else 1) * (box.body[0] & 3)) % 4
        elif box.kind == b"imir" and box.body:
            # Axis 0 mirrors top to bottom, which is left to right and half a turn (ISO/IEC 23008-12, 6.5.12).
            is_mirrored = not is_mirrored
            turns = (turns + (0 if box.body[0] & 1 else 2)) % 4
        elif box.kind == b"clap" and crop and turns == 0:
            width, height = _clean_aperture(box.body, width, height)
    return width, height, _ORIENTATIONS[turns, is_mirrored]


def _clean_aperture(clap: bytes, width: int, height: int) -> tuple[int, int]:
    """The size after the crop that a `clap` box declares as two fractions."""
    if len(clap) < 16:
        return width, height
    width_top, width_bottom, height_top, height_bottom = struct.unpack(">4L", clap[:16])
    if not width_bottom or not height_bottom:
        return width, height
    return min(width, max(1, width_top // width_bottom)), min(height, max(1, height_top // height_bottom))
