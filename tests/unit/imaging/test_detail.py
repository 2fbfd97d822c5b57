"""Fine detail is told from photographs, and is scaled from all of the pixels instead of from a scaled decode."""

import io
from collections.abc import Callable
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
SHARPEST: dict[str, Any] = {"quality": 95, "subsampling": 0}
PLATE = encoded("jpeg", image=zone_plate(*SIZE), **SHARPEST)
MODES = ["L", "LA", "RGB", "RGBA", "CMYK"]


def print_page() -> Image.Image:
    page = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(page)
    for top in range(0, SIZE[1], 12):
        draw.text((8, top), "The quick brown fox jumps over the lazy dog 0123456789. " * 5, "black", font_size=10)
    return page


def grainy(deviation: float) -> Image.Image:
    grain = np.random.default_rng(1).normal(0, deviation, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(np.clip(np.asarray(photograph(*SIZE)) + grain, 0, 255).astype(np.uint8))


def header_of(data: bytes) -> Header:
    return inspect(io.BytesIO(data), len(data), DEFAULT_LIMITS, [HALF])


def decoded(data: bytes, memory_bytes: int = DEFAULT_LIMITS.memory_bytes) -> Decoded:
    return decode(data, header_of(data), [HALF], memory_bytes)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("draw", [lambda: zone_plate(*SIZE), print_page], ids=["zone plate", "page of print"])
def test_a_zone_plate_and_a_page_of_print_are_finely_detailed(draw: Callable[[], Image.Image], mode: str) -> None:
    assert measure_detail(in_mode(draw(), mode)) is Detail.FINE


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("deviation", "detail"), [(0, Detail.SOFT), (4, Detail.SOFT), (16, Detail.CRISP)])
def test_a_photograph_is_soft_or_crisp_whatever_its_grain(deviation: float, detail: Detail, mode: str) -> None:
    assert measure_detail(in_mode(grainy(deviation), mode)) is detail


def test_rings_that_a_lens_has_softened_are_soft() -> None:
    assert measure_detail(zone_plate(*SIZE).filter(ImageFilter.GaussianBlur(2))) is Detail.SOFT


@pytest.mark.parametrize("size", [(1, 1), (17, 400), (400, 17)])
def test_a_picture_without_room_for_a_tile_counts_as_crisp(size: tuple[int, int]) -> None:
    assert measure_detail(zone_plate(*size)) is Detail.CRISP


def test_a_jpeg_photograph_is_decoded_at_the_scale_that_serves() -> None:
    photo = decoded(encoded("jpeg", size=SIZE))
    assert (photo.image.size, photo.detail) == ((800, 600), Detail.SOFT)


def test_a_finely_detailed_jpeg_is_decoded_in_full() -> None:
    plate = decoded(PLATE)
    assert (plate.image.size, plate.box, plate.detail) == (SIZE, (0, 0, *SIZE), Detail.FINE)


def test_unless_that_takes_more_memory_than_there_is() -> None:
    needed = header_of(PLATE).full_decode_bytes
    assert decoded(PLATE, needed).image.size == SIZE
    assert decoded(PLATE, needed - 1).image.size == (800, 600)


def test_a_page_of_print_looks_as_if_it_was_scaled_from_all_of_its_pixels() -> None:
    (preview,) = render(encoded("jpeg", image=print_page(), **SHARPEST), [HALF], DEFAULT_LIMITS).previews
    with Image.open(io.BytesIO(preview.data)) as shown:
        expected = print_page().resize(shown.size, Image.Resampling.LANCZOS)
        (deviation, *_) = ImageStat.Stat(ImageChops.difference(shown.convert("L"), expected.convert("L"))).rms
    assert deviation < 2
