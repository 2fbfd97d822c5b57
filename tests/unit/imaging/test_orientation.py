"""Previews are upright for every orientation, format and mode."""

from functools import cache

import pytest
from PIL import Image

from tests.pictures import ORIENTABLE_FORMATS, UPRIGHT, PictureFormat, corners, encoded, png_chunk
from tests.unit.imaging.previews import SMALL, mean_difference, open_preview, render_presets, show


@pytest.mark.parametrize("picture_format", ORIENTABLE_FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_format_is_shown_upright(picture_format: PictureFormat, orientation: int) -> None:
    result = render_presets(encoded(picture_format, orientation, size=(320, 200)), SMALL)
    image = open_preview(result.previews[0])
    assert (result.width, result.height, image.size, corners(image)) == (320, 200, (200, 125), UPRIGHT)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("picture_format", "mode"),
    [("png", "L"), ("png", "LA"), ("png", "P"), ("png", "RGBA"), ("png", "I;16"), ("jpeg", "L"), ("jpeg", "CMYK")]
    + [("tiff", mode) for mode in ("L", "LA", "P", "RGBA", "CMYK", "LAB", "I;16", "I", "F")],
)
def test_every_mode_is_shown_upright(picture_format: PictureFormat, mode: str, orientation: int) -> None:
    transposed = show(encoded(picture_format, orientation, mode, size=(160, 100)), SMALL).convert("RGBA")
    assert mean_difference(transposed, _upright(picture_format, mode)) < 3


@cache
def _upright(picture_format: PictureFormat, mode: str) -> Image.Image:
    return show(encoded(picture_format, 1, mode, size=(160, 100)), SMALL).convert("RGBA")


def test_png_exif_after_the_pixels_is_applied() -> None:
    data = encoded("png", 6, size=(320, 200))
    start = data.index(b"eXIf") - 4
    exif = data[start : start + 12 + int.from_bytes(data[start : start + 4])]
    end = png_chunk(b"IEND", b"")
    result = render_presets(data.replace(exif, b"").replace(end, exif + end), SMALL)
    assert (result.width, result.height, corners(open_preview(result.previews[0]))) == (320, 200, UPRIGHT)
