"""Pixels of every mode and bit depth keep their colours and brightness."""

import struct

import pytest
from PIL import Image, ImageChops

from tests.pictures import UPRIGHT, alpha_ramp, corners, encoded, in_mode, photograph, tiff_file
from tests.unit.imaging.previews import mean_difference, show


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "LA", "RGBA", "PA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"])
def test_every_tiff_mode_keeps_its_colours(mode: str) -> None:
    picture = photograph(160, 120)
    is_grey = mode in ("L", "LA", "I;16", "I", "F")
    expected = picture.convert("L").convert("RGB") if is_grey else picture
    if mode == "1":
        expected = picture.convert("1").convert("RGB")
    alpha = alpha_ramp(picture.size) if mode in ("LA", "RGBA", "PA") else None
    image = show(encoded("tiff", mode=mode, image=picture))
    assert image.mode == ("RGBA" if alpha else "RGB")
    # A palette of 216 colours, and L*a*b* in 8 bits, are not exact.
    assert mean_difference(image.convert("RGB"), expected) < (20 if mode in ("P", "PA") else 3)
    if alpha:
        assert mean_difference(image.getchannel("A"), alpha) < 1


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_compressed_tiffs_are_decoded(compression: str) -> None:
    assert corners(show(encoded("tiff", compression=compression))) == UPRIGHT


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    ramp = Image.linear_gradient("L")
    image = show(encoded("png", mode="I;16", image=ramp))
    assert mean_difference(image.convert("L"), ramp) < 1.5


def test_16_bit_grey_with_white_as_zero_is_inverted() -> None:
    ramp = Image.linear_gradient("L")
    data = encoded("tiff", mode="I;16", image=ramp)
    photometric = struct.pack("<HHLH", 262, 3, 1, 1)
    assert photometric in data
    image = show(data.replace(photometric, struct.pack("<HHLH", 262, 3, 1, 0)))
    assert mean_difference(image.convert("L"), ImageChops.invert(ramp)) < 1.5


def test_12_bit_grey_uses_the_full_range() -> None:
    tags = {256: 2, 257: 1, 258: 12, 259: 1, 262: 1, 273: 122, 277: 1, 278: 1, 279: 3}
    data = tiff_file([(tag, 3, 1, value) for tag, value in tags.items()], tail=b"\xff\xf0\x00")
    white, black = show(data).convert("L").tobytes()
    assert (white > 250, black < 5) == (True, True)


def test_float_tiff_outside_usual_ranges_is_stretched() -> None:
    ramp = in_mode(Image.linear_gradient("L"), "F").point(lambda level: level * 3000.0 - 1000.0)
    image = show(encoded("tiff", mode="F", image=ramp))
    assert mean_difference(image.convert("L"), Image.linear_gradient("L")) < 1.5


def test_float_tiff_with_nan_is_rendered() -> None:
    ramp = in_mode(Image.linear_gradient("L"), "F")
    ramp.putpixel((0, 0), float("nan"))
    assert show(encoded("tiff", mode="F", image=ramp)).size == (256, 256)
