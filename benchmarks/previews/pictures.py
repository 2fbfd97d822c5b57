"""The measured pictures: seeded synthetic photographs and a resolution chart, stored in `.photosky/bench`."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw, ImageOps

from infrastructure.packaging import ROOT
from tests.pictures import zone_plate
from tests.profiles import rgb_profile

FOLDER: Final = ROOT / ".photosky" / "bench"
ORIENTATION: Final = 6
GAMMA: Final = 2.2
PRIMARIES_NAME: Final = "Display P3"
PROFILE: Final = rgb_profile(PRIMARIES_NAME, GAMMA)

_VERSION: Final = 1
"""Part of each file name; increase it when the pictures change."""
_EXIF_ORIENTATION: Final = 274
_STRIP_ROWS: Final = 512
_SHAPES: Final = 60
_GRAIN_LEVELS: Final = 4.0

Format = Literal["jpeg", "png", "webp", "avif", "heic", "tiff"]


@dataclass(frozen=True)
class Picture:
    """One file: its name in the tables, its stored size in pixels, and its format."""

    name: str
    format: Format
    size: tuple[int, int]
    options: Mapping[str, Any] = field(default_factory=dict)
    is_chart: bool = False

    @property
    def path(self) -> Path:
        """File that `make` writes."""
        return FOLDER / f"{self.name.replace(' ', '-').lower()}-v{_VERSION}.{self.format}"


_12_MP, _24_MP, _100_MP = (4032, 3024), (6000, 4000), (12240, 8160)

PICTURES: Final[Sequence[Picture]] = (
    Picture("JPEG 12 MP", "jpeg", _12_MP, {"quality": 92}),
    Picture("JPEG 24 MP", "jpeg", _24_MP, {"quality": 92}),
    Picture("JPEG 24 MP progressive", "jpeg", _24_MP, {"quality": 92, "progressive": True}),
    Picture("JPEG 100 MP", "jpeg", _100_MP, {"quality": 88}),
    Picture("JPEG 100 MP progressive", "jpeg", _100_MP, {"quality": 88, "progressive": True}),
    Picture("PNG 12 MP", "png", _12_MP, {"compress_level": 4}),
    Picture("TIFF 12 MP", "tiff", _12_MP, {"compression": "tiff_lzw"}),
    Picture("WebP 12 MP", "webp", _12_MP, {"quality": 88, "method": 2}),
    Picture("AVIF 12 MP", "avif", _12_MP, {"quality": 75, "speed": 9}),
    Picture("HEIC 12 MP", "heic", _12_MP, {"quality": 75, "enc_params": {"preset": "ultrafast"}}),
    Picture("Chart JPEG 12 MP", "jpeg", _12_MP, {"quality": 95, "subsampling": 0}, is_chart=True),
    Picture("Chart PNG 12 MP", "png", _12_MP, {"compress_level": 4}, is_chart=True),
)


def make(picture: Picture) -> None:
    """Write the picture's file unless it exists: EXIF orientation 6, Display P3 profile."""
    if picture.path.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture.path.write_bytes(_encode(_draw(picture.is_chart, picture.size), picture))


def load_upright(path: Path) -> Image.Image:
    """Decode the whole picture and rotate it upright, without color conversion."""
    pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image)


@lru_cache(maxsize=1)
def _draw(is_chart: bool, size: tuple[int, int]) -> Image.Image:
    return chart(*size) if is_chart else photograph(*size)


def _encode(image: Image.Image, picture: Picture) -> bytes:
    pillow_heif.register_heif_opener(thumbnails=False)
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = ORIENTATION
    options: dict[str, Any] = {"icc_profile": PROFILE, **picture.options}
    options["tiffinfo" if picture.format == "tiff" else "exif"] = dict(exif) if picture.format == "tiff" else exif
    output = io.BytesIO()
    image.save(output, "HEIF" if picture.format == "heic" else picture.format.upper(), **options)
    return output.getvalue()


def photograph(width: int, height: int) -> Image.Image:
    """A picture with the statistics of a photo: noise of every scale, soft light, sharp edges, sensor grain."""
    draw_from = np.random.default_rng(width)
    # A lens resolves less than the sensor: only edges and grain are finer than two pixels.
    clouds = Image.merge("RGB", [_clouds(width // 2, height // 2, draw_from) for _ in range(3)])
    coarse = clouds.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(coarse)
    for _ in range(_SHAPES):
        left, top = int(draw_from.integers(width)), int(draw_from.integers(height))
        across, down = (int(edge) for edge in draw_from.integers(20, max(21, height // 6), 2))
        colour = tuple(int(level) for level in draw_from.integers(10, 246, 3))
        kind = draw.ellipse if draw_from.random() < 0.5 else draw.rectangle
        kind((left, top, left + across, top + down), outline=colour, fill=colour if draw_from.random() < 0.4 else None)
    _add_grain(coarse, draw_from)
    return coarse


def _clouds(width: int, height: int, draw_from: np.random.Generator) -> Image.Image:
    """Octaves of noise over a gradient; each octave is half as coarse as the previous one, and weaker."""
    total = Image.linear_gradient("L").resize((width, height)).point(lambda level: 64 + level // 2)
    for octave in range(1, int(math.log2(width))):
        cells = 2**octave
        noise = draw_from.integers(0, 256, (max(1, cells * height // width), cells), dtype=np.uint8)
        layer = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        total = Image.blend(total, layer, 0.55 * 0.72**octave)
    return total


def _add_grain(image: Image.Image, draw_from: np.random.Generator) -> None:
    for top in range(0, image.height, _STRIP_ROWS):
        box = (0, top, image.width, min(top + _STRIP_ROWS, image.height))
        strip = np.asarray(image.crop(box), dtype=np.int16)
        grain = draw_from.normal(0, _GRAIN_LEVELS, strip.shape[:2]).astype(np.float32)[..., None]
        image.paste(Image.fromarray(np.clip(strip + grain, 0, 255).astype(np.uint8)), box)


def chart(width: int, height: int) -> Image.Image:
    """A zone plate with lines of small text over its lowest quarter."""
    image = zone_plate(width, height)
    draw = ImageDraw.Draw(image)
    for row, top in enumerate(range(height * 3 // 4, height - 40, 40)):
        draw.rectangle((0, top, width, top + 40), fill="white")
        draw.text(
            (20, top + 4), "The quick brown fox jumps over the lazy dog 0123456789 " * 4, "black", font_size=14 + row
        )
    return image
