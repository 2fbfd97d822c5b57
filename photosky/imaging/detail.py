"""Detail: the share of an image near the resolution of its pixels; it selects the resize filters.

A scaled JPEG decode and a short filter both alias detail that is finer than the new pixels. Most photographs have
almost none, so that the aliasing is invisible; small print needs the slower full decode and a long filter.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from PIL import Image, ImageChops, ImageFilter


class Detail(IntEnum):
    """The amount of fine detail in an image."""

    SOFT = 0
    """Almost none, as in most photographs at full size: a short filter is sufficient."""
    CRISP = 1
    """Edges and texture, as in photographs that were scaled down."""
    FINE = 2
    """Small print, woven cloth, test charts: a scaled decode distorts them."""


# A high-pass filter. At the highest frequency its gain is 0.5 along one axis and 1 along both; at low frequencies 0.
_UNCHANGED: Final = 128
_SECOND_DIFFERENCE: Final = ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), scale=8, offset=_UNCHANGED)
_TILE_PIXELS: Final = 16
_STRIPS: Final = 10
# The mean activity that 8 % of the tiles must reach. Measured: 1 or 2 in large photographs, 3 to 7 in small ones, up
# to 15 in sharpened ones, 28 and more in zone plates and pages of print.
_MIN_ACTIVITY: Final = {Detail.FINE: 17, Detail.CRISP: 3}
_MIN_TILE_SHARE: Final = 0.08
# Green contributes most to luminance; in other modes the first channel is measured.
_CHANNELS: Final[Mapping[str, int]] = {"RGB": 1, "RGBA": 1}


def measure_detail(image: Image.Image) -> Detail:
    """Measure the detail of the busiest 8 % of an image, in ten strips across it."""
    if min(image.size) < _TILE_PIXELS + 2:
        return Detail.CRISP
    last = image.height - _TILE_PIXELS - 2
    unchanged = Image.new("L", (image.width - 2, _TILE_PIXELS), _UNCHANGED)
    histograms = [_activity(image, last * index // (_STRIPS - 1), unchanged).histogram() for index in range(_STRIPS)]
    tiles = sum(map(sum, histograms))
    busy_tiles = {
        detail: sum(sum(histogram[level:]) for histogram in histograms) for detail, level in _MIN_ACTIVITY.items()
    }
    return next((detail for detail, busy in busy_tiles.items() if busy >= _MIN_TILE_SHARE * tiles), Detail.SOFT)


def _activity(image: Image.Image, top: int, unchanged: Image.Image) -> Image.Image:
    """The mean activity of each tile of a strip, one pixel per tile."""
    strip = image.crop((0, top, image.width, top + _TILE_PIXELS + 2)).getchannel(_CHANNELS.get(image.mode, 0))
    # The filter does not change the outermost pixels.
    changes = strip.filter(_SECOND_DIFFERENCE).crop((1, 1, strip.width - 1, strip.height - 1))
    # Not by `point`: Pillow rounds all entries of its table at each call, which takes more time than a narrow strip.
    return ImageChops.difference(changes, unchanged).reduce(_TILE_PIXELS)
