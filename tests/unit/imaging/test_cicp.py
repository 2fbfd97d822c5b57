"""Colours that a file tells by number (ITU-T H.273) come out as the colorimetric equations say."""

import io
import struct
from typing import Any

import pytest
from PIL import Image

from photosky.imaging.cicp import cicp_profile
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from tests.pictures import (
    PictureFormat,
    d50_matrix,
    encoded,
    inverse,
    multiply,
    png_chunk,
    png_file,
    rgb_profile,
)

FINE = Preset("fine", 64, 64, quality=100)
COLOUR = (180, 110, 70)
CHROMATICITIES = {
    1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
SRGB, LINEAR, PQ, HLG = 13, 8, 16, 18


def from_srgb(level: float) -> float:
    signal = level / 255
    return signal / 12.92 if signal <= 0.04045 else float(((signal + 0.055) / 1.055) ** 2.4)


def to_srgb(light: float) -> int:
    light = min(1.0, max(0.0, light))
    return round(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))


def converted(colour: tuple[int, int, int], primaries: int) -> list[int]:
    """A colour of those primaries and sRGB's curve in sRGB."""
    xyz = multiply(d50_matrix(CHROMATICITIES[primaries]), [from_srgb(level) for level in colour])
    return [to_srgb(light) for light in multiply(inverse(d50_matrix(CHROMATICITIES[1])), xyz)]


def shown(data: bytes) -> tuple[int, ...]:
    """The colour in the middle of the preview."""
    pixel = Image.open(io.BytesIO(render(data, [FINE], DEFAULT_LIMITS).previews[0].data)).getpixel((32, 32))
    assert isinstance(pixel, tuple)
    return pixel


def numbered(picture_format: PictureFormat, primaries: int, transfer: int, **options: Any) -> bytes:
    """A picture of `COLOUR` that tells its colours by number."""
    image = Image.new("RGB", (64, 64), COLOUR)
    if picture_format == "png":
        return cicp_png(COLOUR, primaries, transfer)
    data = encoded(picture_format, image=image, quality=100, **options)
    start = data.index(b"nclx") + 4
    return data[:start] + struct.pack(">HH", primaries, transfer) + data[start + 4 :]


def cicp_png(colour: tuple[int, int, int], primaries: int, transfer: int, *others: bytes) -> bytes:
    rows = (b"\0" + bytes(colour) * 64) * 64
    return png_file(64, 64, *others, png_chunk(b"cICP", bytes((primaries, transfer, 0, 1))), data=rows)


@pytest.mark.parametrize("primaries", [1, 5, 6, 9, 12])
@pytest.mark.parametrize("picture_format", ["png", "avif", "heic"])
def test_primaries_that_are_told_by_number_are_converted(picture_format: PictureFormat, primaries: int) -> None:
    pixel = shown(numbered(picture_format, primaries, SRGB))
    assert max(abs(a - b) for a, b in zip(pixel, converted(COLOUR, primaries), strict=True)) <= 4


@pytest.mark.parametrize("picture_format", ["avif", "heic"])
def test_a_profile_goes_before_the_numbers_of_an_avif_or_heic(picture_format: PictureFormat) -> None:
    data = encoded(picture_format, image=Image.new("RGB", (64, 64), COLOUR), profile=rgb_profile("sRGB"), quality=100)
    assert max(abs(a - b) for a, b in zip(shown(data), COLOUR, strict=True)) <= 6


@pytest.mark.parametrize(("primaries", "transfer"), [(12, SRGB), (1, SRGB)])
def test_the_numbers_of_a_png_go_before_its_profile(primaries: int, transfer: int) -> None:
    profile = Image.new("RGB", (64, 64), COLOUR)
    data = encoded("png", image=profile, profile=rgb_profile("ProPhoto", 1.8))
    start = data.index(b"iCCP") - 4
    iccp = data[start : start + 12 + int.from_bytes(data[start : start + 4])]
    pixel = shown(cicp_png(COLOUR, primaries, transfer, iccp))
    assert max(abs(a - b) for a, b in zip(pixel, converted(COLOUR, primaries), strict=True)) <= 4


def test_light_that_is_told_to_be_linear_is_brightened() -> None:
    assert shown(cicp_png((128, 128, 128), 1, LINEAR)) == pytest.approx([to_srgb(128 / 255)] * 3, abs=2)


@pytest.mark.parametrize(("transfer", "white", "brightest"), [(PQ, 148, 192), (HLG, 191, 255)])
def test_hdr_is_toned_down_so_that_white_is_light_and_only_the_brightest_is_full(
    transfer: int, white: int, brightest: int
) -> None:
    """BT.2408 puts diffuse white at 58 % in PQ and 75 % in HLG; 1000 nits are 75 % and 100 %."""
    levels = [shown(cicp_png((level,) * 3, 9, transfer))[1] for level in (0, white // 2, white, brightest)]
    assert levels[0] == 0
    assert 30 < levels[1] < 130
    assert 200 < levels[2] < 240
    assert levels[3] >= 253


def test_numbers_that_mean_srgb_or_nothing_need_no_profile() -> None:
    assert {cicp_profile(primaries, transfer) for primaries in (0, 1, 2, 255) for transfer in (1, 2, 6, 13, 255)} == {
        b""
    }
