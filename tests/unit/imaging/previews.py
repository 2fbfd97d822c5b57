"""Helpers that render files and compare the previews."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageChops, ImageStat

from photosky.errors import Code, PhotoSkyError
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from photosky.imaging.rendering import Preview, Rendered, render

FINE: Final = Preset("fine", 4096, 4096, quality=100, effort=0)
"""As large as the test pictures and with minimal loss, for comparisons of pixels."""
SMALL: Final = Preset("small", 200, 200, quality=95, effort=0)

DAMAGED_HINT: Final = "Upload an undamaged copy of the file."
"""The second sentence of a CorruptImage detail."""

PHOTOS: Final = Path(__file__).parents[4] / "shared" / "photos"
"""Real photos next to the checkout; optional."""


def render_presets(data: bytes, *presets: Preset) -> Rendered:
    """Render a file with these presets, by default `DEFAULT_PRESETS`."""
    return render(data, presets or DEFAULT_PRESETS, DEFAULT_LIMITS)


def open_preview(preview: Preview) -> Image.Image:
    """Decode a preview."""
    image = Image.open(io.BytesIO(preview.data))
    image.load()
    return image


def show(data: bytes, preset: Preset = FINE) -> Image.Image:
    """Render a file with one preset, and decode the preview."""
    return open_preview(render_presets(data, preset).previews[0])


def show_pixel(data: bytes, position: tuple[int, int]) -> tuple[int, ...]:
    """Render a file, and return a pixel of the preview."""
    pixel = show(data).getpixel(position)
    assert isinstance(pixel, tuple)
    return pixel


def rejection(data: bytes) -> tuple[Code, str]:
    """Code and detail of the error that rendering a file raises."""
    with pytest.raises(PhotoSkyError) as caught:
        render_presets(data)
    return caught.value.code, caught.value.detail


def outcome(data: bytes) -> str | Code:
    """The format of a file that is rendered, or the code of its rejection."""
    try:
        return render_presets(data, SMALL).format
    except PhotoSkyError as error:
        return error.code


def mean_difference(left: Image.Image, right: Image.Image) -> float:
    """The mean difference of all samples, 0 to 255."""
    assert (left.size, left.mode) == (right.size, right.mode)
    means = ImageStat.Stat(ImageChops.difference(left, right)).mean
    return sum(means) / len(means)


def max_difference(left: Sequence[int], right: Sequence[int]) -> int:
    """The maximum difference of two colours' channels."""
    return max(abs(a - b) for a, b in zip(left, right, strict=True))


def real_photos() -> list[Path]:
    """The files in `PHOTOS`."""
    return sorted(PHOTOS.iterdir()) if PHOTOS.is_dir() else []
