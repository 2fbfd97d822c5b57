"""Sample pictures for a demo without a folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

_ORIENTATION: Final = 0x0112
"""The Exif tag (TIFF 6.0, section 8)."""


def paint(folder: Path) -> Iterable[Path]:
    """Paint pictures of several formats, orientations and color spaces, and one file that is not a picture."""
    landscape = _landscape((1600, 1000))
    exif = Image.Exif()
    exif[_ORIENTATION] = 6  # Shown turned by 90 degrees clockwise: 1000 wide and 1600 high.
    landscape.save(folder / "landscape.jpg", quality=90)
    landscape.save(folder / "turned.jpg", quality=90, exif=exif)
    landscape.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
    landscape.resize((800, 500)).save(folder / "small.webp")
    transparent = landscape.resize((640, 400)).convert("RGBA")
    transparent.putalpha(Image.linear_gradient("L").resize(transparent.size))
    transparent.save(folder / "transparent.png")
    (folder / "not-a-picture.jpg").write_text("This file says that it is a JPEG.\n")
    return sorted(folder.iterdir())


def _landscape(size: tuple[int, int]) -> Image.Image:
    width, height = size
    gradient = Image.linear_gradient("L").resize(size)
    picture = Image.merge(
        "RGB", (gradient.point(lambda v: 90 + v // 2), gradient, gradient.point(lambda v: 230 - v // 3))
    )
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.7, height * 0.1, width * 0.8, height * 0.26), fill=(255, 236, 170))
    for index, shade in enumerate(((60, 90, 110), (45, 75, 70), (30, 50, 45))):
        top = height * (0.5 + 0.14 * index)
        peak = width * (0.25 + 0.3 * index)
        draw.polygon([(0, height), (0, top + 90), (peak, top - 60), (width, top + 120), (width, height)], fill=shade)
    return picture
