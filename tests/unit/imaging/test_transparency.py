"""Transparency is kept, does not affect visible pixels, and is flattened on white in JPEG previews."""

from dataclasses import replace

import pytest
from PIL import Image

from photosky.imaging.presets import Preset
from tests.pictures import encoded, photograph, png_chunk, png_file
from tests.unit.imaging.previews import SMALL, open_preview, render_presets, show


@pytest.mark.parametrize(
    ("depth", "white", "transparent"), [(2, b"\xf0", 3), (4, b"\xff\x00", 15), (8, b"\xff\xff\0\0", 255)]
)
def test_png_transparent_grey_is_kept(depth: int, white: bytes, transparent: int) -> None:
    chunk = png_chunk(b"tRNS", transparent.to_bytes(2))
    data = png_file(4, 1, chunk, depth=depth, colour=0, data=b"\0" + white)
    assert show(data).getchannel("A").tobytes() == b"\0\0\xff\xff"


def test_png_transparent_16_bit_colour_is_kept() -> None:
    row = b"\0" + b"\xff" * 6 + bytes(6)
    data = png_file(2, 1, png_chunk(b"tRNS", b"\xff" * 6), depth=16, colour=2, data=row)
    assert show(data).getchannel("A").tobytes() == b"\0\xff"


def test_png_transparent_16_bit_grey_is_kept() -> None:
    data = png_file(2, 1, png_chunk(b"tRNS", b"\xff\xff"), depth=16, colour=0, data=b"\0\xff\xff\0\0")
    assert show(data).getchannel("A").tobytes() == b"\0\xff"


def test_palette_transparency_becomes_alpha() -> None:
    data = encoded("png", mode="P", transparency=bytes([128] * 256))
    assert show(data).getchannel("A").getextrema() == (128, 128)


def test_transparent_pixels_do_not_bleed_into_edges() -> None:
    image = Image.new("RGBA", (400, 400), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 200, 400))
    small = show(encoded("png", image=image, mode="RGBA"), replace(SMALL, width=37, height=37, quality=100))
    pixels = [small.getpixel((x, 18)) for x in range(37)]
    assert all(isinstance(pixel, tuple) and (pixel[3] < 128 or pixel[0] > 4 * pixel[1]) for pixel in pixels)


def test_opaque_alpha_is_removed() -> None:
    assert show(encoded("png", image=photograph(50, 40).convert("RGBA"), mode="RGBA")).mode == "RGB"


def test_jpeg_previews_have_a_white_background() -> None:
    data = encoded("png", image=Image.new("RGBA", (50, 40), (0, 0, 0, 0)), mode="RGBA")
    image = open_preview(render_presets(data, Preset("flat", 50, 50, format="jpeg")).previews[0])
    assert (image.format, image.mode, image.getextrema()) == ("JPEG", "RGB", ((255, 255),) * 3)
