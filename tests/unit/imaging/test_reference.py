"""Previews match an independent reference: libvips, or another one if libvips cannot be used.

| not compared with libvips | reason | reference instead |
|---|---|---|
| HEIC | its wheels have no HEVC decoder | libvips, on a PNG with the same pixels |
| CMYK without a profile | it assumes a printer profile, browsers the complement | arithmetic on the inks |
| L*a*b* TIFF with 8 bits | it cannot load them | test_modes: the stored picture |
| float, 32-bit and signed TIFF | it clips samples outside 0 to 255 | test_modes: the stored picture |
| AVIF sequences | it does not detect them as images | libvips, on the first frame as PNG |
| cICP and nclx | it ignores both | test_cicp: colorimetric equations |
"""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops

from photosky.errors import PhotoSkyError
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from tests.pictures import PictureFormat, animation, encoded, in_mode, photograph, ycck
from tests.profiles import cmyk_profile, grey_profile, rgb_profile
from tests.reference import MAX_DELTA_E, delta_e, encoded_as_preview, reference_thumbnail
from tests.unit.imaging.previews import real_photos

PRESET = Preset("compared", 160, 160, quality=100, effort=0)
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
MINIMAL_LOSS: dict[str, dict[str, Any]] = {
    "webp": {"lossless": True, "exact": True, "method": 0},
    "heic": {"quality": -1, "chroma": 444, "enc_params": {"preset": "ultrafast"}},
    "avif": {"speed": 10},
    "jpeg": {"quality": 95},
}


def encoded_exactly(picture_format: PictureFormat, orientation: int, mode: str, profile: bytes | None) -> bytes:
    options = MINIMAL_LOSS.get(picture_format, {})
    if mode == "YCCK":
        return ycck(encoded("jpeg", orientation, "CMYK", profile, size=SIZE, image=ycck_planes(), **options))
    return encoded(picture_format, orientation, mode, profile, size=SIZE, **options)


def ycck_planes() -> Image.Image:
    """The YCCK planes of a photograph."""
    cyan, magenta, yellow, black = in_mode(photograph(*SIZE), "CMYK").split()
    planes = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    return Image.merge("CMYK", (*(ImageChops.invert(plane) for plane in planes), black))


def difference(data: bytes, substitute: bytes | None = None) -> float:
    """The colour difference of the preview from the reference, made from the same file or from a substitute."""
    result = render(data, [PRESET], DEFAULT_LIMITS)
    preview = Image.open(io.BytesIO(result.previews[0].data))
    size, reference = reference_thumbnail(data if substitute is None else substitute, preview.size)
    assert (result.width, result.height) == size
    return delta_e(preview, encoded_as_preview(reference, PRESET))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("picture_format", "mode"), MODES)
def test_every_mode_and_orientation_matches(picture_format: PictureFormat, mode: str, orientation: int) -> None:
    profile = cmyk_profile() if mode in ("CMYK", "YCCK") else None
    substitute = encoded_exactly("png", orientation, mode, profile) if picture_format == "heic" else None
    assert difference(encoded_exactly(picture_format, orientation, mode, profile), substitute) < MAX_DELTA_E


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("picture_format", ["jpeg", "png", "webp", "tiff", "avif", "heic"])
def test_every_profile_matches(picture_format: PictureFormat, profile: str) -> None:
    icc_profile = PROFILES[profile]
    substitute = encoded_exactly("png", 6, "RGB", icc_profile) if picture_format == "heic" else None
    assert difference(encoded_exactly(picture_format, 6, "RGB", icc_profile), substitute) < MAX_DELTA_E


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_profiles_match(mode: str) -> None:
    assert difference(encoded_exactly("png", 7, mode, grey_profile(1.2))) < MAX_DELTA_E


@pytest.mark.parametrize("picture_format", ["jpeg", "tiff"])
def test_cmyk_without_profile_is_the_complement(picture_format: PictureFormat) -> None:
    inks = in_mode(photograph(*SIZE), "CMYK")
    *colours, black = (ImageChops.invert(ink) for ink in inks.split())
    complement = Image.merge("RGB", [ImageChops.multiply(colour, black) for colour in colours])
    data = encoded_exactly(picture_format, 5, "CMYK", None)
    assert difference(data, encoded("png", image=complement)) < MAX_DELTA_E


@pytest.mark.parametrize("picture_format", ["gif", "webp", "png", "avif"])
def test_first_frames_of_animations_match(picture_format: Any) -> None:
    substitute = encoded("png", size=SIZE) if picture_format == "avif" else None
    assert difference(animation(picture_format, 3, SIZE), substitute) < MAX_DELTA_E


def test_multi_picture_jpeg_matches() -> None:
    output = io.BytesIO()
    photograph(*SIZE).save(output, "MPO", save_all=True, append_images=[photograph(64, 48, seed=9)])
    assert difference(output.getvalue()) < MAX_DELTA_E


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (3, 2), (2, 2500), (2500, 3), (40, 30)])
@pytest.mark.parametrize("picture_format", ["jpeg", "png", "webp", "gif", "tiff", "avif"])
def test_extreme_sizes_match(picture_format: PictureFormat, size: tuple[int, int]) -> None:
    ramp = Image.linear_gradient("L").resize(size)
    assert difference(encoded(picture_format, image=Image.merge("RGB", [ramp] * 3))) < MAX_DELTA_E


@pytest.mark.parametrize(
    ("compression", "mode"),
    [("tiff_lzw", "RGB"), ("tiff_adobe_deflate", "RGBA"), ("packbits", "L"), ("jpeg", "RGB"), ("group4", "1")],
)
def test_compressed_tiffs_match(compression: str, mode: str) -> None:
    assert difference(encoded("tiff", 8, mode, size=SIZE, compression=compression)) < MAX_DELTA_E


@pytest.mark.slow
@pytest.mark.skipif(not real_photos(), reason="the photos are not next to the checkout")
def test_real_photos_match() -> None:
    differences = {photo.name: _difference_or_zero(photo.read_bytes()) for photo in real_photos()}
    assert {name: found for name, found in differences.items() if found >= MAX_DELTA_E} == {}


def _difference_or_zero(data: bytes) -> float:
    """The difference; 0 for a photo that is rejected, which test_photos checks."""
    try:
        return difference(data)
    except PhotoSkyError:
        return 0.0
