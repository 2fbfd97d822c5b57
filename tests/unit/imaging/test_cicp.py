"""Colours declared by code points (ITU-T H.273) are converted as the colorimetric equations require."""

import struct
from typing import Any

import pytest
from PIL import Image

from photosky.imaging.cicp import cicp_profile
from tests.pictures import PictureFormat, encoded, png_chunk, png_file
from tests.profiles import d50_matrix, inverse, multiply, rgb_profile
from tests.unit.imaging.previews import max_difference, show_pixel

MIDDLE = (32, 32)
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


def convert(colour: tuple[int, int, int], primaries: int) -> list[int]:
    """Convert a colour with these primaries and sRGB's transfer function to sRGB."""
    xyz = multiply(d50_matrix(CHROMATICITIES[primaries]), [from_srgb(level) for level in colour])
    return [to_srgb(light) for light in multiply(inverse(d50_matrix(CHROMATICITIES[1])), xyz)]


def with_cicp(picture_format: PictureFormat, primaries: int, transfer: int, **options: Any) -> bytes:
    """A picture of `COLOUR` with these code points."""
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
def test_primaries_are_converted(picture_format: PictureFormat, primaries: int) -> None:
    pixel = show_pixel(with_cicp(picture_format, primaries, SRGB), MIDDLE)
    assert max_difference(pixel, convert(COLOUR, primaries)) <= 4


@pytest.mark.parametrize("picture_format", ["avif", "heic"])
def test_profile_takes_precedence_over_nclx(picture_format: PictureFormat) -> None:
    data = encoded(picture_format, image=Image.new("RGB", (64, 64), COLOUR), profile=rgb_profile("sRGB"), quality=100)
    assert max_difference(show_pixel(data, MIDDLE), COLOUR) <= 6


@pytest.mark.parametrize(("primaries", "transfer"), [(12, SRGB), (1, SRGB)])
def test_cicp_chunk_takes_precedence_over_profile(primaries: int, transfer: int) -> None:
    picture = Image.new("RGB", (64, 64), COLOUR)
    data = encoded("png", image=picture, profile=rgb_profile("ProPhoto", 1.8))
    start = data.index(b"iCCP") - 4
    iccp = data[start : start + 12 + int.from_bytes(data[start : start + 4])]
    pixel = show_pixel(cicp_png(COLOUR, primaries, transfer, iccp), MIDDLE)
    assert max_difference(pixel, convert(COLOUR, primaries)) <= 4


def test_linear_transfer_is_converted() -> None:
    pixel = show_pixel(cicp_png((128, 128, 128), 1, LINEAR), MIDDLE)
    assert pixel == pytest.approx([to_srgb(128 / 255)] * 3, abs=2)


@pytest.mark.parametrize(("transfer", "white", "peak"), [(PQ, 148, 192), (HLG, 191, 255)])
def test_hdr_is_tone_mapped(transfer: int, white: int, peak: int) -> None:
    # Diffuse white is at 58 % in PQ and at 75 % in HLG (BT.2408); 1000 nits are at 75 % and at 100 %.
    levels = [show_pixel(cicp_png((level,) * 3, 9, transfer), MIDDLE)[1] for level in (0, white // 2, white, peak)]
    assert levels[0] == 0
    assert 30 < levels[1] < 130
    assert 200 < levels[2] < 240
    assert levels[3] >= 253


def test_srgb_and_unknown_code_points_need_no_profile() -> None:
    profiles = {cicp_profile(primaries, transfer) for primaries in (0, 1, 2, 255) for transfer in (1, 2, 6, 13, 255)}
    assert profiles == {b""}
