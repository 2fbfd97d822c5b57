"""Detail: how much of a picture is as fine as its pixels can hold, which tells how carefully it must be scaled.

A JPEG decoded at fewer eighths keeps some of what is finer than its new pixels, and so does a short filter. Most
photographs have next to nothing there, and nobody sees it; a page of small print is worth a slower way.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from PIL import Image, ImageFilter


class Detail(IntEnum):
    """What a picture shows at its finest."""

    SOFT = 0
    """Next to nothing, as most photographs in all of their pixels: a short filter loses none of it."""
    CRISP = 1
    """Edges and texture, as photographs that were made smaller."""
    FINE = 2
    """Small print, woven cloth, test charts: what a scaled decode distorts."""


# At the finest frequency it gives half of an amplitude across or down, all of it across and down, and of slow
# changes nothing.
_SECOND_DIFFERENCE: Final = ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), scale=8, offset=128)
_DISTANCES: Final = [abs(level - 128) for level in range(256)]
_TILE: Final = 16
_STRIPS: Final = 10
# The mean activity that 8 % of the tiles must reach. It is 1 or 2 in large photographs, 3 to 7 in small ones, up
# to 15 in those that were sharpened, 28 and more in zone plates and pages of print.
_LEAST: Final = {Detail.FINE: 17, Detail.CRISP: 3}
_SHARE: Final = 0.08
# Of colour green, which is most of what the eye sees; else the first channel.
_CHANNELS: Final[Mapping[str, int]] = {"RGB": 1, "RGBA": 1}


def detail_of(image: Image.Image) -> Detail:
    """How detailed the busiest 8 % of the picture are, told from ten strips across it."""
    if min(image.size) < _TILE + 2:
        return Detail.CRISP
    last = image.height - _TILE - 2
    histograms = [_activity(image, last * index // (_STRIPS - 1)).histogram() for index in range(_STRIPS)]
    tiles = sum(map(sum, histograms))
    reached = {detail: sum(sum(histogram[level:]) for histogram in histograms) for detail, level in _LEAST.items()}
    return next((detail for detail, busy in reached.items() if busy >= _SHARE * tiles), Detail.SOFT)


def _activity(image: Image.Image, top: int) -> Image.Image:
    """How busy the tiles of one strip are, a pixel a tile."""
    strip = image.crop((0, top, image.width, top + _TILE + 2)).getchannel(_CHANNELS.get(image.mode, 0))
    # The filter leaves the outermost pixels as they are.
    changes = strip.filter(_SECOND_DIFFERENCE).crop((1, 1, strip.width - 1, strip.height - 1))
    return changes.point(_DISTANCES).reduce(_TILE)
