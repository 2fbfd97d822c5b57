"""Previews have the size of their presets, are never larger than the image, and have at least one pixel."""

import pytest

from photosky.imaging.geometry import (
    Size,
    centred_box,
    frame_size,
    have_same_preview,
    jpeg_eighths,
    min_scale,
    oriented_size,
    preview_size,
    scaled_size,
)
from photosky.imaging.presets import DEFAULT_PRESETS, Preset

INSIDE = Preset("inside", 640, 640)
COVER = Preset("cover", 256, 256, fit="cover")


@pytest.mark.parametrize(
    ("image", "frame"),
    [
        ((4000, 3000), (640, 480)),
        ((3000, 4000), (480, 640)),
        ((640, 640), (640, 640)),
        ((641, 10), (640, 10)),
        ((300, 200), (300, 200)),
        ((65535, 1), (640, 1)),
        ((1, 65535), (1, 640)),
    ],
)
def test_inside_fits_the_image_without_enlarging(image: Size, frame: Size) -> None:
    assert frame_size(image, INSIDE) == frame
    assert preview_size(frame, INSIDE) == frame


@pytest.mark.parametrize(
    ("image", "frame", "size"),
    [
        ((4000, 3000), (341, 256), (256, 256)),
        ((3000, 4000), (256, 341), (256, 256)),
        ((300, 200), (300, 200), (200, 200)),
        ((100, 1000), (100, 1000), (100, 100)),
        ((1, 5000), (1, 5000), (1, 1)),
        ((10000, 300), (8533, 256), (256, 256)),
    ],
)
def test_cover_fills_the_size_without_enlarging(image: Size, frame: Size, size: Size) -> None:
    assert frame_size(image, COVER) == frame
    assert preview_size(frame, COVER) == size


def test_crop_is_centred() -> None:
    assert centred_box((341, 256), (256, 256)) == (42.5, 0.0, 298.5, 256.0)
    assert centred_box((100, 400), (256, 128)) == (0.0, 175.0, 100.0, 225.0)


def test_min_scale_has_a_tolerance_only_for_inside() -> None:
    assert min_scale((4096, 3072), [INSIDE]) == pytest.approx(640 / 4096 * 0.97)
    assert min_scale((512, 512), [COVER]) == 0.5
    assert min_scale((100, 100), DEFAULT_PRESETS) == 1.0
    assert min_scale((100, 100), []) == 0.0


@pytest.mark.parametrize(
    ("image", "eighths"),
    [
        ((12240, 8160), 2),
        ((8160, 6120), 2),
        ((6000, 4000), 3),
        ((4284, 5712), 3),
        ((4032, 3024), 4),
        ((3900, 2900), 8),
        ((2000, 1500), 8),
        ((16500, 12375), 1),
    ],
)
def test_jpeg_scale_is_the_smallest_sufficient_one(image: Size, eighths: int) -> None:
    assert jpeg_eighths(image, DEFAULT_PRESETS) == eighths


def test_scaled_size_is_rounded_up() -> None:
    assert [scaled_size((6001, 17), eighths) for eighths in (1, 2, 3, 4, 8)] == [
        (751, 3),
        (1501, 5),
        (2251, 7),
        (3001, 9),
        (6001, 17),
    ]


def test_orientations_5_to_8_swap_width_and_height() -> None:
    assert [oriented_size((3, 2), orientation) for orientation in range(1, 9)] == [(3, 2)] * 4 + [(2, 3)] * 4


@pytest.mark.parametrize(
    ("image", "other", "expected"),
    [
        ((4000, 3000), INSIDE, True),
        ((4000, 3000), Preset("larger", 1280, 1280), False),
        ((640, 480), Preset("larger", 1280, 1280), True),
        ((641, 480), Preset("larger", 1280, 1280), False),
        ((4000, 3000), Preset("as_wide", 640, 2000), True),
        ((640, 480), Preset("better", 1280, 1280, quality=81), False),
        ((640, 480), Preset("slower", 1280, 1280, effort=3), False),
        ((640, 480), Preset("jpeg", 1280, 1280, format="jpeg"), False),
        ((640, 640), Preset("cropped", 640, 640, fit="cover"), False),
    ],
)
def test_same_preview_follows_from_size_and_encoding(image: Size, other: Preset, expected: bool) -> None:
    assert have_same_preview(image, INSIDE, other) is expected
    assert have_same_preview(image, other, INSIDE) is expected


def test_cropped_preview_is_only_the_same_for_its_own_preset() -> None:
    assert have_same_preview((100, 100), COVER, COVER)
    assert not have_same_preview((100, 100), COVER, Preset("other", 256, 256, fit="cover"))
