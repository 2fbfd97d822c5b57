"""Geometry: how large a preview becomes, and which part of the picture it shows. Sizes are width and height, pixels."""

from collections.abc import Sequence
from typing import Final

from photosky.imaging.presets import Preset

Size = tuple[int, int]
Box = tuple[float, float, float, float]

JPEG_EIGHTHS: Final = (1, 2, 3, 4, 8)
"""The eighths of its size at which a JPEG can be decoded through Pillow. libjpeg knows all of them, but Pillow hands
it 1 / n only, and for n = 3 it takes the next larger: 3/8 (libjpeg.txt, "scale_num")."""

TOLERANCE: Final = 0.97
"""How much of an `inside` preset's edge a decode may give and be taken as it is: it saves the largest resize."""


def frame_size(picture: Size, preset: Preset) -> Size:
    """The size that the whole picture must have for this preview to be cut from it; never above the picture's."""
    width, height = picture
    by_width = preset.width * height, preset.height * width
    limits_width = by_width[0] <= by_width[1] if preset.fit == "inside" else by_width[0] >= by_width[1]
    if limits_width:
        return (preset.width, max(1, round(height * preset.width / width))) if preset.width < width else picture
    return (max(1, round(width * preset.height / height)), preset.height) if preset.height < height else picture


def preview_size(frame: Size, preset: Preset) -> Size:
    """The preview's size, cut from a picture that was scaled to `frame`.

    A `cover` preview of a frame that is too small keeps its aspect and takes as much as there is.
    """
    if preset.fit == "inside":
        return frame
    scale = min(1.0, frame[0] / preset.width, frame[1] / preset.height)
    return max(1, round(preset.width * scale)), max(1, round(preset.height * scale))


def centred_box(frame: Size, size: Size) -> Box:
    """The largest box of the aspect of `size` in the middle of `frame`: left, top, right, bottom."""
    scale = min(frame[0] / size[0], frame[1] / size[1])
    left, top = (frame[0] - size[0] * scale) / 2, (frame[1] - size[1] * scale) / 2
    return left, top, frame[0] - left, frame[1] - top


def least_scale(picture: Size, presets: Sequence[Preset]) -> float:
    """The least scale, up to 1, at which every preview can be made from the picture."""
    scales = (
        frame_size(picture, preset)[0] / picture[0] * (TOLERANCE if preset.fit == "inside" else 1) for preset in presets
    )
    return max(scales, default=0.0)


def jpeg_eighths(picture: Size, presets: Sequence[Preset]) -> int:
    """The smallest of `JPEG_EIGHTHS` at which every preview can be made from a JPEG."""
    scale = least_scale(picture, presets)
    return next(eighths for eighths in JPEG_EIGHTHS if eighths / 8 >= min(scale, 1.0))


def scaled_size(stored: Size, eighths: int) -> Size:
    """How many pixels libjpeg gives: it rounds up, so that the last ones reach over the picture's edge."""
    return -(-stored[0] * eighths // 8), -(-stored[1] * eighths // 8)


def turned(size: Size, orientation: int) -> Size:
    """A stored size as displayed, and a displayed size as stored; `orientation` is EXIF's."""
    return (size[1], size[0]) if orientation >= 5 else size
