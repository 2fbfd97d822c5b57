"""Normalization: decoded pixels in modes that can be resized and converted to sRGB."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from PIL import GifImagePlugin, Image, ImageChops, ImageFile, PngImagePlugin

_USUAL_WHITES: Final[Mapping[str, tuple[int, ...]]] = {"I": (255, 65535), "F": (1, 255, 65535)}


@dataclass(frozen=True)
class Corrections:
    """Properties of an image that Pillow does not apply, and that are unknown once the image is loaded.

    Attributes:
        white: The value of white in 16-bit grey.
        is_inverted: Whether 0 is white.
        transparency_factor: Factor from the transparent colour of a PNG to the scale of its decoded samples.
        frame_box: The part of a GIF's canvas that its first frame covers.
    """

    white: int = 65535
    is_inverted: bool = False
    transparency_factor: float = 1.0
    frame_box: tuple[int, int, int, int] | None = None

    @classmethod
    def from_image(cls, image: ImageFile.ImageFile) -> "Corrections":
        """Read the properties of an image that is opened, but not loaded."""
        if isinstance(image, PngImagePlugin.PngImageFile):
            factors = {"L;2": 255 / 3, "L;4": 255 / 15, "I;16B": 255 / 65535, "RGB;16B": 1 / 256}
            return cls(transparency_factor=factors.get(str(image.tile[0].args), 1.0))
        if isinstance(image, GifImagePlugin.GifImageFile):
            return cls(frame_box=image.tile[0].extents)
        return cls()


def normalize(image: Image.Image, corrections: Corrections) -> Image.Image:
    """Convert a loaded image to L, LA, RGB, RGBA, CMYK or LAB, without metadata."""
    transparency = image.info.get("transparency")
    pixels: Image.Image = image
    if image.mode.startswith("I") or image.mode == "F":
        pixels = _to_grey(image, corrections.white)
    if corrections.is_inverted:
        pixels = ImageChops.invert(pixels)
    factor = corrections.transparency_factor
    pixels.info = {} if transparency is None else {"transparency": _scale_transparency(transparency, factor)}
    if pixels.has_transparency_data:
        pixels = pixels if pixels.mode in ("LA", "RGBA") else pixels.convert("LA" if pixels.mode == "La" else "RGBA")
    elif pixels.mode in ("1", "P", "YCbCr"):
        pixels = pixels.convert("L" if pixels.mode == "1" else "RGB")
    if corrections.frame_box is not None and corrections.frame_box != (0, 0, *pixels.size):
        pixels = _clear_canvas(pixels, corrections.frame_box)
    pixels.info = {}
    return pixels


def _to_grey(image: Image.Image, white: int) -> Image.Image:
    """Scale 16-bit, 32-bit and float samples to 8-bit grey; `convert("L")` alone would clip them to white."""
    if image.mode == "I;16":
        return _stretch(image, 0, white)
    if image.mode == "I;16B":
        return _stretch(image.convert("I"), 0, white)
    return _stretch(image.convert("F"), *_sample_range(image.getextrema(), _USUAL_WHITES[image.mode]))


def _stretch(image: Image.Image, black: float, white: float) -> Image.Image:
    factor = 255 / (white - black)
    return image.point(lambda level: level * factor + (0.5 - black * factor)).convert("L")


def _sample_range(extrema: object, usual_whites: tuple[int, ...]) -> tuple[float, float]:
    """Black and white of samples whose range is not declared: a usual range if it fits, otherwise the extrema."""
    minimum, maximum = cast("tuple[float, float]", extrema)
    if not math.isfinite(minimum) or not math.isfinite(maximum):
        return 0, 1
    for white in usual_whites:
        if minimum >= 0 and maximum <= white:
            return 0, white
    return minimum, maximum if maximum > minimum else minimum + 1


def _scale_transparency(transparency: object, factor: float) -> object:
    if isinstance(transparency, tuple):
        return tuple(int(level * factor) for level in transparency)
    return round(transparency * factor) if isinstance(transparency, int) else transparency


def _clear_canvas(pixels: Image.Image, frame_box: tuple[int, int, int, int]) -> Image.Image:
    """Make the canvas transparent outside the first frame, as browsers do."""
    canvas = Image.new("RGBA", pixels.size)
    canvas.paste(pixels.crop(frame_box), frame_box)
    return canvas
