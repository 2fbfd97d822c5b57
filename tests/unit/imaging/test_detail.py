"""Fine detail is detected, and causes a decode at full scale."""

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from photosky.imaging.decoding import Decoded, decode
from photosky.imaging.detail import Detail, measure_detail
from photosky.imaging.inspection import Header, inspect
from photosky.imaging.limits import DEFAULT_LIMITS
from photosky.imaging.presets import Preset
from photosky.imaging.rendering import render
from tests.pictures import encoded, in_mode, photograph, zone_plate

SIZE = (1600, 1200)
HALF = Preset("half", 800, 800, quality=100)
LEAST_LOSS: dict[str, Any] = {"quality": 95, "subsampling": 0}
MODES = ["L", "LA", "RGB", "RGBA", "CMYK"]


@cache
def plate() -> Image.Image:
    return zone_plate(*SIZE)


@cache
def plate_jpeg() -> bytes:
    return encoded("jpeg", image=plate(), **LEAST_LOSS)


@cache
def printed_page() -> Image.Image:
    page = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(page)
    for top in range(0, SIZE[1], 12):
        draw.text((8, top), "The quick brown fox jumps over the lazy dog 0123456789. " * 5, "black", font_size=10)
    return page


@cache
def grainy_photograph(deviation: float) -> Image.Image:
    grain = np.random.default_rng(1).normal(0, deviation, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(np.clip(np.asarray(photograph(*SIZE)) + grain, 0, 255).astype(np.uint8))


def read_header(data: bytes) -> Header:
    return inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS, [HALF])


def decode_half(data: bytes, memory_bytes: int = DEFAULT_LIMITS.memory_bytes) -> Decoded:
    return decode(data, read_header(data), [HALF], memory_bytes)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("draw", [plate, printed_page], ids=["zone plate", "printed page"])
def test_zone_plates_and_printed_pages_are_fine(draw: Callable[[], Image.Image], mode: str) -> None:
    assert measure_detail(in_mode(draw(), mode)) is Detail.FINE


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("deviation", "detail"), [(0, Detail.SOFT), (4, Detail.SOFT), (16, Detail.CRISP)])
def test_grainy_photographs_are_not_fine(deviation: float, detail: Detail, mode: str) -> None:
    assert measure_detail(in_mode(grainy_photograph(deviation), mode)) is detail


def test_blurred_zone_plate_is_soft() -> None:
    assert measure_detail(plate().filter(ImageFilter.GaussianBlur(2))) is Detail.SOFT


@pytest.mark.parametrize("size", [(1, 1), (17, 400), (400, 17)])
def test_images_smaller_than_a_tile_are_crisp(size: tuple[int, int]) -> None:
    assert measure_detail(zone_plate(*size)) is Detail.CRISP


def test_soft_jpegs_are_decoded_at_a_smaller_scale() -> None:
    photo = decode_half(encoded("jpeg", size=SIZE))
    assert (photo.image.size, photo.detail) == ((800, 600), Detail.SOFT)


def test_fine_jpegs_are_decoded_at_full_scale() -> None:
    found = decode_half(plate_jpeg())
    assert (found.image.size, found.box, found.detail) == (SIZE, (0, 0, *SIZE), Detail.FINE)


def test_full_decode_requires_sufficient_memory() -> None:
    needed = read_header(plate_jpeg()).full_decode_bytes
    assert decode_half(plate_jpeg(), needed).image.size == SIZE
    assert decode_half(plate_jpeg(), needed - 1).image.size == (800, 600)


def test_printed_page_looks_like_a_full_resize() -> None:
    (preview,) = render(encoded("jpeg", image=printed_page(), **LEAST_LOSS), [HALF], DEFAULT_LIMITS).previews
    with Image.open(io.BytesIO(preview.data)) as image:
        expected = printed_page().resize(image.size, Image.Resampling.LANCZOS)
        (deviation, *_) = ImageStat.Stat(ImageChops.difference(image.convert("L"), expected.convert("L"))).rms
    assert deviation < 2
