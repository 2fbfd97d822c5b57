"""Graphics for tests: seeded icons, screenshots, charts and thin lines, whose colours bleed in a lossy WebP."""

import random
from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

_TEXT: Final = "The quick brown fox jumps over the lazy dog 0123456789. " * 10
_RED, _BLUE, _GREEN, _ORANGE = (220, 30, 30), (30, 30, 220), (20, 160, 60), (240, 140, 0)


def icon(size: int) -> Image.Image:
    """Red and blue quarters with a white middle."""
    image = Image.new("RGB", (size, size), _RED)
    draw, half = ImageDraw.Draw(image), size // 2
    draw.rectangle((half, 0, size, half - 1), fill=_BLUE)
    draw.rectangle((0, half, half - 1, size), fill=_BLUE)
    draw.rectangle((size // 3, size // 3, size - 1 - size // 3, size - 1 - size // 3), fill="white")
    return image


def thin_lines(width: int, height: int) -> Image.Image:
    """Red lines of one pixel on blue."""
    image = Image.new("RGB", (width, height), (0, 0, 255))
    draw = ImageDraw.Draw(image)
    for left in range(0, width, 7):
        draw.line((left, 0, left, height), fill=(255, 0, 0))
    for top in range(0, height, 17):
        draw.line((0, top, width, top + height // 20), fill=(255, 0, 0))
    return image


def screenshot(width: int, height: int, seed: int = 1) -> Image.Image:
    """A title bar, lines of coloured text, and buttons."""
    source = random.Random(seed)
    image = Image.new("RGB", (width, height), (250, 250, 250))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, 40), fill=(32, 80, 160))
    text = _TEXT[: width // 6]  # A character is 7 pixels wide: what is beyond the edge would take time.
    for top in range(60, height, 22):
        draw.text((30, top), text, fill=source.choice([(20, 20, 20), (200, 0, 0), (0, 90, 200)]), font_size=15)
    for _ in range(12):
        left, top = source.randrange(width), source.randrange(height)
        draw.rectangle((left, top, left + 90, top + 30), fill=tuple(source.randrange(256) for _ in range(3)))
    return image


def chart(width: int, height: int, seed: int = 1) -> Image.Image:
    """Four coloured curves on a grid."""
    source = random.Random(seed)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for left in range(50, width, 80):
        draw.line((left, 0, left, height), fill=(220, 220, 220))
    for colour in (_RED, _BLUE, _GREEN, _ORANGE):
        level, points = height / 2, []
        for left in range(0, width, 8):
            level = min(height - 5, max(5, level + source.uniform(-15, 15)))
            points.append((left, level))
        draw.line(points, fill=colour, width=2)
    return image


GRAPHICS: Final[Mapping[str, Callable[[], Image.Image]]] = {
    "icon of 12 pixels": lambda: icon(12),
    "icon of 64 pixels": lambda: icon(64),
    "thin lines": lambda: thin_lines(600, 400),
    "screenshot": lambda: screenshot(1200, 800),
    "large screenshot": lambda: screenshot(2880, 1800, seed=2),
    "chart": lambda: chart(1200, 800),
    "large chart": lambda: chart(4000, 2500, seed=2),
}
