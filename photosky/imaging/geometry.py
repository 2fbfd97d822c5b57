"""Geometry: size and crop of previews. Sizes are width and height in pixels."""

from collections.abc import Sequence
from typing import Final

from photosky.imaging.presets import Preset

Size = tuple[int, int]
Box = tuple[float, float, float, float]

JPEG_EIGHTHS: Final = (1, 2, 3, 4, 8)
"""Scales, in eighths, at which Pillow can decode a JPEG. libjpeg supports all eighths, but Pillow passes 1 / n only,
and libjpeg rounds n = 3 up to 3/8 (libjpeg.txt, "scale_num")."""

MIN_INSIDE_RATIO: Final = 0.97
"""Minimum ratio of a decoded edge to the edge of an `inside` preset. A decode within 3 % needs no resize, which would
be the largest one."""


def frame_size(image: Size, preset: Preset) -> Size:
    """The size to which the whole image is scaled before this preview is cropped; never above the image's size."""
    width, height = image
    by_width = preset.width * height, preset.height * width
    limits_width = by_width[0] <= by_width[1] if preset.fit == "inside" else by_width[0] >= by_width[1]
    if limits_width:
        return (preset.width, max(1, round(height * preset.width / width))) if preset.width < width else image
    return (max(1, round(width * preset.height / height)), preset.height) if preset.height < height else image


def preview_size(frame: Size, preset: Preset) -> Size:
    """The size of a preview cropped from an image that was scaled to `frame`.

    If the frame is too small for a `cover` preset, the preview keeps the preset's aspect ratio and is smaller.
    """
    if preset.fit == "inside":
        return frame
    scale = min(1.0, frame[0] / preset.width, frame[1] / preset.height)
    return max(1, round(preset.width * scale)), max(1, round(preset.height * scale))


def have_same_preview(image: Size, one: Preset, other: Preset) -> bool:
    """Whether an image of this size has the same preview for both presets, to the byte.

    An image has it for all `inside` presets that are larger than the image and encode alike.
    """
    if one == other:
        return True
    return (
        one.fit == other.fit == "inside"
        and (one.format, one.quality, one.effort) == (other.format, other.quality, other.effort)
        and frame_size(image, one) == frame_size(image, other)
    )


def centred_box(frame: Size, size: Size) -> Box:
    """The largest centred box in `frame` with the aspect ratio of `size`: left, top, right, bottom."""
    scale = min(frame[0] / size[0], frame[1] / size[1])
    left, top = (frame[0] - size[0] * scale) / 2, (frame[1] - size[1] * scale) / 2
    return left, top, frame[0] - left, frame[1] - top


def min_scale(image: Size, presets: Sequence[Preset]) -> float:
    """The minimum scale, up to 1, that is sufficient for every preview."""
    scales = (
        frame_size(image, preset)[0] / image[0] * (MIN_INSIDE_RATIO if preset.fit == "inside" else 1)
        for preset in presets
    )
    return max(scales, default=0.0)


def jpeg_eighths(image: Size, presets: Sequence[Preset]) -> int:
    """The smallest of `JPEG_EIGHTHS` that is sufficient for every preview."""
    scale = min_scale(image, presets)
    return next(eighths for eighths in JPEG_EIGHTHS if eighths / 8 >= min(scale, 1.0))


def scaled_size(stored: Size, eighths: int) -> Size:
    """The size of libjpeg's scaled output: it rounds up, so that the last pixels exceed the image's edge."""
    return -(-stored[0] * eighths // 8), -(-stored[1] * eighths // 8)


def oriented_size(size: Size, orientation: int) -> Size:
    """Convert a stored size to the displayed size or back; `orientation` is EXIF's."""
    return (size[1], size[0]) if orientation >= 5 else size
