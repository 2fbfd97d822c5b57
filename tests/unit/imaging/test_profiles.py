"""Embedded colour profiles are converted to sRGB as the colorimetric equations require; invalid ones are ignored."""

from typing import Any

import pytest
from PIL import Image

from tests.pictures import UPRIGHT, PictureFormat, corners, encoded
from tests.profiles import PRIMARIES, cmyk_profile, d50_matrix, grey_profile, inverse, multiply, rgb_profile
from tests.unit.imaging.previews import SMALL, max_difference, mean_difference, show, show_pixel

MIDDLE = (32, 32)
COLOUR = (180, 110, 70)


def linear(level: int, gamma: float) -> float:
    return float((level / 255) ** gamma)


def srgb_level(value: float) -> int:
    value = min(1.0, max(0.0, value))
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def rgb_to_srgb(colour: tuple[int, ...], name: str, gamma: float) -> list[int]:
    """Convert a colour of an RGB profile to sRGB by the colorimetric equations."""
    xyz = multiply(d50_matrix(PRIMARIES[name]), [linear(level, gamma) for level in colour])
    return [srgb_level(value) for value in multiply(inverse(d50_matrix(PRIMARIES["sRGB"])), xyz)]


def lab_to_srgb(lightness: float, a: float, b: float) -> list[int]:
    """Convert CIE L*a*b* under D50 to sRGB, without the linear part of the curve for dark colours."""
    middle = (lightness + 16) / 116
    xyz = [0.9642 * (middle + a / 500) ** 3, middle**3, 0.8249 * (middle - b / 200) ** 3]
    return [srgb_level(value) for value in multiply(inverse(d50_matrix(PRIMARIES["sRGB"])), xyz)]


@pytest.mark.parametrize(("name", "gamma"), [("Display P3", 2.2), ("Adobe RGB", 2.2), ("ProPhoto", 1.8)])
@pytest.mark.parametrize("picture_format", ["png", "jpeg", "webp", "tiff", "avif", "heic"])
def test_wide_gamut_profiles_are_converted(picture_format: PictureFormat, name: str, gamma: float) -> None:
    options: dict[str, Any] = {"lossless": True} if picture_format == "webp" else {}
    picture = Image.new("RGB", (64, 64), COLOUR)
    data = encoded(picture_format, profile=rgb_profile(name, gamma), image=picture, **options)
    assert max_difference(show_pixel(data, MIDDLE), rgb_to_srgb(COLOUR, name, gamma)) <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["sRGB", "Display P3", "ProPhoto"])
def test_profile_and_orientation_are_independent(name: str, orientation: int) -> None:
    image = show(encoded("jpeg", orientation, profile=rgb_profile(name)), SMALL)
    upright = show(encoded("jpeg", 1, profile=rgb_profile(name)), SMALL)
    assert mean_difference(image, upright) < 2


def test_profile_does_not_change_alpha() -> None:
    image = Image.new("RGBA", (64, 64), (*COLOUR, 128))
    data = encoded("png", mode="RGBA", image=image, profile=rgb_profile("Display P3"))
    *colour, alpha = show_pixel(data, MIDDLE)
    assert alpha == 128
    assert max_difference(colour, rgb_to_srgb(COLOUR, "Display P3", 2.2)) <= 4


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_profiles_are_converted(mode: str) -> None:
    data = encoded("png", mode=mode, image=Image.new("L", (64, 64), 128), profile=grey_profile(1.8))
    pixel = show(data).convert("RGB").getpixel((2, 32))
    assert isinstance(pixel, tuple)
    assert max_difference(pixel, [srgb_level(linear(128, 1.8))] * 3) <= 3


def test_cmyk_profiles_are_converted() -> None:
    picture = Image.new("CMYK", (64, 64), (255, 0, 0, 0))
    data = encoded("jpeg", mode="CMYK", image=picture, profile=cmyk_profile(), quality=100)
    full_cyan = lab_to_srgb(55, -35, -50)  # as `cmyk_profile` defines it
    assert max_difference(show_pixel(data, MIDDLE), full_cyan) <= 4


def test_cmyk_without_profile_keeps_its_colours() -> None:
    assert corners(show(encoded("jpeg", mode="CMYK"))) == UPRIGHT


def test_cmyk_jpeg_without_adobe_marker_is_inverted() -> None:
    # Viewers read every CMYK JPEG as one of Adobe's, whose samples are inverted.
    data = encoded("jpeg", mode="CMYK")
    start = data.index(b"\xff\xee")
    unmarked = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4]) :]
    assert corners(show(unmarked)) == UPRIGHT


@pytest.mark.parametrize(
    ("mode", "profile"),
    [
        ("L", rgb_profile("ProPhoto")),
        ("RGB", grey_profile()),
        ("CMYK", rgb_profile("ProPhoto")),
        ("RGB", cmyk_profile()),
        ("RGB", b"no profile at all"),
        ("RGB", rgb_profile("ProPhoto")[:200]),
        ("RGB", rgb_profile("ProPhoto").replace(b"RGB ", b"8CLR", 1)),
        ("RGB", rgb_profile("ProPhoto").replace(b"RGB ", b"RGB\xfb", 1)),
    ],
)
def test_invalid_or_mismatched_profiles_are_ignored(mode: str, profile: bytes) -> None:
    with_profile = show(encoded("jpeg", mode=mode, profile=profile))
    assert mean_difference(with_profile, show(encoded("jpeg", mode=mode))) == 0
