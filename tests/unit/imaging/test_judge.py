"""Previews show what an independent judge shows: libvips, and other means where it can't tell or chooses otherwise.

| where libvips doesn't judge | why | who does |
|---|---|---|
| HEIC | its wheels have no HEVC decoder | libvips, on a PNG of the same pixels |
| CMYK without a profile | it assumes a printer's, we the plain complement, as browsers do | the inks' arithmetic |
| L*a*b* TIFF of 8 bits | it can't load one | test_rendering: the picture that was stored |
| float, 32-bit and signed TIFF | it clips what is outside 0 to 255 | test_rendering: the picture that was stored |
| AVIF sequences | it takes them for no image | libvips, on the first frame as PNG |
| cICP and nclx | it takes no notice of either | test_colour: colorimetric equations |
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from photosky.errors import PhotoSkyError
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from tests.judge import MOST_DELTA_E, delta_e, judged, like_preview
from tests.pictures import (
    PictureFormat,
    animation,
    cmyk_profile,
    encoded,
    grey_profile,
    in_mode,
    photograph,
    rgb_profile,
    ycck,
)

PHOTOS = Path(__file__).parents[4] / "shared" / "photos"
PRESET = Preset("judged", 160, 160, quality=100, effort=0)
SIZE = (320, 200)

MODES: list[tuple[PictureFormat, str]] = [
    *(("jpeg", mode) for mode in ("L", "RGB", "CMYK", "YCCK")),
    *(("png", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    *(("webp", mode) for mode in ("RGB", "RGBA")),
    *(("tiff", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")),
    *(("avif", mode) for mode in ("RGB", "RGBA")),
    *(("heic", mode) for mode in ("RGB", "RGBA")),
]
PROFILES = {
    "none": None,
    "sRGB": rgb_profile("sRGB"),
    "Display P3": rgb_profile("Display P3"),
    "Adobe RGB": rgb_profile("Adobe RGB"),
    "ProPhoto": rgb_profile("ProPhoto", 1.8),
    "broken": b"no profile at all",
}
EXACT: dict[str, dict[str, Any]] = {
    "webp": {"lossless": True, "exact": True},
    "heic": {"quality": -1, "chroma": 444},
    "jpeg": {"quality": 95},
}


def stored(picture_format: PictureFormat, orientation: int, mode: str, profile: bytes | None) -> bytes:
    options = EXACT.get(picture_format, {})
    if mode == "YCCK":
        return ycck(encoded("jpeg", orientation, "CMYK", profile, size=SIZE, image=ycck_planes(), **options))
    return encoded(picture_format, orientation, mode, profile, size=SIZE, **options)


def ycck_planes() -> Image.Image:
    """The planes that YCCK stores of a photograph without black."""
    cyan, magenta, yellow, black = in_mode(photograph(*SIZE), "CMYK").split()
    planes = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    return Image.merge("CMYK", (*(ImageChops.invert(plane) for plane in planes), black))


def difference(data: bytes, twin: bytes | None = None) -> float:
    """How far our preview is from the judge's, of the same file or of its twin in a format that the judge reads."""
    result = render(data, [PRESET], DEFAULT_LIMITS)
    ours = Image.open(io.BytesIO(result.previews[0].data))
    size, judges = judged(data if twin is None else twin, ours.size)
    assert (result.width, result.height) == size
    return delta_e(ours, like_preview(judges, PRESET))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("picture_format", "mode"), MODES)
def test_every_mode_and_orientation_looks_as_the_judge_shows_it(
    picture_format: PictureFormat, mode: str, orientation: int
) -> None:
    profile = cmyk_profile() if mode in ("CMYK", "YCCK") else None
    twin = stored("png", orientation, mode, profile) if picture_format == "heic" else None
    assert difference(stored(picture_format, orientation, mode, profile), twin) < MOST_DELTA_E


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("picture_format", ["jpeg", "png", "webp", "tiff", "avif", "heic"])
def test_every_profile_looks_as_the_judge_shows_it(picture_format: PictureFormat, profile: str) -> None:
    icc_profile = PROFILES[profile]
    twin = stored("png", 6, "RGB", icc_profile) if picture_format == "heic" else None
    assert difference(stored(picture_format, 6, "RGB", icc_profile), twin) < MOST_DELTA_E


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile_looks_as_the_judge_shows_it(mode: str) -> None:
    assert difference(stored("png", 7, mode, grey_profile(1.2))) < MOST_DELTA_E


@pytest.mark.parametrize("picture_format", ["jpeg", "tiff"])
def test_cmyk_without_a_profile_is_the_inks_complement(picture_format: PictureFormat) -> None:
    inks = in_mode(photograph(*SIZE), "CMYK")
    *colours, black = (ImageChops.invert(ink) for ink in inks.split())
    complement = Image.merge("RGB", [ImageChops.multiply(colour, black) for colour in colours])
    assert difference(stored(picture_format, 5, "CMYK", None), encoded("png", image=complement)) < MOST_DELTA_E


@pytest.mark.parametrize("picture_format", ["gif", "webp", "png", "avif"])
def test_an_animation_looks_as_the_judge_shows_its_first_frame(picture_format: Any) -> None:
    twin = encoded("png", size=SIZE) if picture_format == "avif" else None
    assert difference(animation(picture_format, 3, SIZE), twin) < MOST_DELTA_E


def test_a_jpeg_of_several_pictures_looks_as_the_judge_shows_it() -> None:
    output = io.BytesIO()
    photograph(*SIZE).save(output, "MPO", save_all=True, append_images=[photograph(64, 48, seed=9)])
    assert difference(output.getvalue()) < MOST_DELTA_E


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (3, 2), (2, 2500), (2500, 3), (40, 30)])
@pytest.mark.parametrize("picture_format", ["jpeg", "png", "webp", "gif", "tiff", "avif"])
def test_the_narrowest_and_smallest_look_as_the_judge_shows_them(
    picture_format: PictureFormat, size: tuple[int, int]
) -> None:
    ramp = Image.linear_gradient("L").resize(size)
    assert difference(encoded(picture_format, image=Image.merge("RGB", [ramp] * 3))) < MOST_DELTA_E


@pytest.mark.parametrize(
    ("compression", "mode"),
    [("tiff_lzw", "RGB"), ("tiff_adobe_deflate", "RGBA"), ("packbits", "L"), ("jpeg", "RGB"), ("group4", "1")],
)
def test_a_compressed_tiff_looks_as_the_judge_shows_it(compression: str, mode: str) -> None:
    assert difference(encoded("tiff", 8, mode, size=SIZE, compression=compression)) < MOST_DELTA_E


def real_photos() -> list[Path]:
    return sorted(PHOTOS.iterdir()) if PHOTOS.is_dir() else []


@pytest.mark.skipif(not real_photos(), reason="the photos are not beside the checkout")
def test_real_photos_look_as_the_judge_shows_them() -> None:
    differences = {photo.name: _difference_or_refusal(photo.read_bytes()) for photo in real_photos()}
    assert {name: found for name, found in differences.items() if found >= MOST_DELTA_E} == {}


def _difference_or_refusal(data: bytes, judge: Callable[[bytes], float] = difference) -> float:
    try:
        return judge(data)
    except PhotoSkyError:  # which ones, test_rendering tells
        return 0.0
