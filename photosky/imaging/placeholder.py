"""Placeholders: a ThumbHash and the dominant colour, displayed while a preview loads.

ThumbHash is by Evan Wallace (https://evanw.github.io/thumbhash); this encoder returns the same bytes as the reference
in JavaScript. The package `thumbhash` on PyPI (0.1.2) raises TypeError for every image with alpha.
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul, sub
from typing import Final, cast

from PIL import Image

EDGE: Final = 32
"""The longest edge of a hashed image, in pixels. A hash has at most 7 waves per edge and cannot represent more."""

_COLOURS: Final = 8
_MIN_VISIBLE_ALPHA: Final = 128
_SHARES: Final = [level / 255 for level in range(256)]


def shrink(image: Image.Image) -> Image.Image:
    """The whole image in RGBA, at most `EDGE` pixels wide and high."""
    scale = EDGE / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = image.resize(size, Image.Resampling.BOX) if scale < 1 else image
    return small.convert("RGBA")


def thumbhash(small: Image.Image) -> str:
    """The ThumbHash of an RGBA image of at most 100 x 100 pixels: 20 to 25 bytes, in base64."""
    return base64.b64encode(_thumbhash(small)).decode("ascii")


def dominant_color(small: Image.Image) -> str:
    """The most frequent colour of the visible pixels of an RGBA image, `#rrggbb`; black if none is visible."""
    data = small.tobytes()
    if min(data[3::4]) >= _MIN_VISIBLE_ALPHA:
        visible = small.convert("RGB").tobytes()
    else:
        starts = range(0, len(data), 4)
        visible = b"".join(data[start : start + 3] for start in starts if data[start + 3] >= _MIN_VISIBLE_ALPHA)
    if not visible:
        return "#000000"
    row = Image.frombytes("RGB", (len(visible) // 3, 1), visible)
    reduced = row.quantize(_COLOURS, Image.Quantize.MEDIANCUT).convert("RGB")
    counts = cast("list[tuple[int, tuple[int, int, int]]]", reduced.getcolors())
    return "#{:02x}{:02x}{:02x}".format(*max(counts)[1])


@dataclass(frozen=True)
class _Channel:
    """The cosine transform of a channel: its mean, its waves scaled to 0..1, and the scale."""

    mean: float
    waves: Sequence[float]
    scale: float


def _thumbhash(small: Image.Image) -> bytes:
    width, height = small.size
    light, yellow_blue, red_green, alpha = _lpqa(small)
    has_alpha = any(level < 1 for level in alpha)
    max_waves = 5 if has_alpha else 7
    waves_x = max(1, _round(max_waves * width / max(width, height)))
    waves_y = max(1, _round(max_waves * height / max(width, height)))
    l_channel = _transform(light, width, height, max(3, waves_x), max(3, waves_y))
    p_channel = _transform(yellow_blue, width, height, 3, 3)
    q_channel = _transform(red_green, width, height, 3, 3)
    channels = [l_channel, p_channel, q_channel]
    is_landscape = width > height
    header = (
        _round(63 * l_channel.mean)
        | _round(31.5 + 31.5 * p_channel.mean) << 6
        | _round(31.5 + 31.5 * q_channel.mean) << 12
        | _round(31 * l_channel.scale) << 18
        | has_alpha << 23
        | (waves_y if is_landscape else waves_x) << 24
        | _round(63 * p_channel.scale) << 27
        | _round(63 * q_channel.scale) << 33
        | is_landscape << 39
    )
    hash_bytes = bytearray(header.to_bytes(5, "little"))
    if has_alpha:
        a_channel = _transform(alpha, width, height, 5, 5)
        hash_bytes.append(_round(15 * a_channel.mean) | _round(15 * a_channel.scale) << 4)
        channels.append(a_channel)
    nibbles = [_round(15 * wave) for channel in channels for wave in channel.waves]
    pairs = zip(nibbles[::2], [*nibbles[1::2], 0], strict=False)
    return bytes(hash_bytes) + bytes(low | high << 4 for low, high in pairs)


def _lpqa(small: Image.Image) -> tuple[list[float], list[float], list[float], list[float]]:
    """Lightness, yellow-blue, red-green and alpha of each pixel, blended with the mean visible colour."""
    data = small.tobytes()
    reds, greens, blues, alpha = (list(map(_SHARES.__getitem__, data[index::4])) for index in range(4))
    if min(alpha) < 1:
        visible = sum(alpha) or 1.0
        reds, greens, blues = (_blended(levels, alpha, visible) for levels in (reds, greens, blues))
    return (
        [(red + green + blue) / 3 for red, green, blue in zip(reds, greens, blues, strict=True)],
        [(red + green) / 2 - blue for red, green, blue in zip(reds, greens, blues, strict=True)],
        list(map(sub, reds, greens)),
        alpha,
    )


def _blended(levels: Sequence[float], alpha: Sequence[float], visible: float) -> list[float]:
    mean = sum(map(mul, levels, alpha)) / visible
    return [mean * (1 - share) + share * level for level, share in zip(levels, alpha, strict=True)]


def _transform(channel: list[float], width: int, height: int, waves_x: int, waves_y: int) -> _Channel:
    rows = [channel[start : start + width] for start in range(0, width * height, width)]
    cosines_x, cosines_y = _cosines(width, waves_x), _cosines(height, waves_y)
    # The sums along the rows are shared by all vertical waves.
    row_sums = [[math.fsum(map(mul, row, cosines)) for row in rows] for cosines in cosines_x]
    waves = [
        math.fsum(map(mul, row_sums[x], cosines_y[y])) / (width * height)
        for y in range(waves_y)
        for x in range(waves_x)
        if x * waves_y < waves_x * (waves_y - y)
    ]
    scale = max((abs(wave) for wave in waves[1:]), default=0.0)
    return _Channel(waves[0], [0.5 + 0.5 / scale * wave if scale else wave for wave in waves[1:]], scale)


@lru_cache(64)
def _cosines(size: int, waves: int) -> list[list[float]]:
    return [[math.cos(math.pi / size * wave * (position + 0.5)) for position in range(size)] for wave in range(waves)]


def _round(value: float) -> int:
    """Round halves up, as JavaScript does."""
    return math.floor(value + 0.5)
