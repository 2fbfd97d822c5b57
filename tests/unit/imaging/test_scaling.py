"""Previews have the size of their presets, and look like a resize of the full image."""

import pytest
from PIL import Image

from photosky.imaging.presets import Preset
from tests.pictures import FORMATS, PictureFormat, encoded, photograph
from tests.unit.imaging.previews import mean_difference, open_preview, render_presets


def test_default_presets_give_documented_sizes() -> None:
    result = render_presets(encoded("jpeg", 6, size=(3000, 2000), exif=None))
    sizes = [(preview.preset.name, preview.width, preview.height) for preview in result.previews]
    assert sizes == [("thumb", 256, 256), ("small", 640, 427), ("medium", 1280, 853), ("large", 2048, 1365)]
    assert [open_preview(preview).size for preview in result.previews] == [size[1:] for size in sizes]


def test_decode_within_three_percent_is_not_resized() -> None:
    result = render_presets(
        encoded("jpeg", size=(400, 300)), Preset("half", 205, 205), Preset("thumb", 64, 64, "cover")
    )
    assert [(preview.width, preview.height) for preview in result.previews] == [(200, 150), (64, 64)]


@pytest.mark.parametrize(
    ("size", "edge", "shown"),
    [
        ((1008, 756), 512, (504, 378)),
        ((1001, 750), 340, (334, 250)),
        ((1008, 756), 500, (500, 375)),
        ((1008, 756), 520, (520, 390)),
        ((999, 750), 512, (512, 384)),
    ],
    ids=["means of 2", "means of 3", "above the preset", "over 3 percent below it", "a stretched last block"],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_size_within_three_percent_is_reached_by_means(
    mode: str, size: tuple[int, int], edge: int, shown: tuple[int, int]
) -> None:
    picture = photograph(*size)
    stored = encoded("png", 6, mode, image=picture.convert(mode), compress_level=1)
    image = open_preview(render_presets(stored, Preset("a", edge, edge, quality=100, effort=0)).previews[0])
    assert image.size == shown
    assert mean_difference(image, picture.resize(shown, Image.Resampling.LANCZOS)) < 2


@pytest.mark.parametrize("width", [1023, 1024, 1025, 1031])
def test_cover_previews_have_their_exact_size(width: int) -> None:
    result = render_presets(encoded("jpeg", size=(width, 2 * width)), Preset("thumb", 256, 256, "cover"))
    assert (result.previews[0].width, result.previews[0].height) == (256, 256)


@pytest.mark.parametrize("picture_format", FORMATS)
def test_small_images_are_not_enlarged(picture_format: PictureFormat) -> None:
    result = render_presets(encoded(picture_format, size=(100, 66)))
    assert [(preview.width, preview.height) for preview in result.previews] == [(66, 66), *[(100, 66)] * 3]


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 4000), (5000, 3)])
@pytest.mark.parametrize("picture_format", ["jpeg", "png", "tiff", "webp"])
def test_extreme_aspect_ratios_keep_one_pixel(picture_format: PictureFormat, size: tuple[int, int]) -> None:
    result = render_presets(encoded(picture_format, size=size, image=Image.new("RGB", size, (200, 30, 60))))
    assert (result.width, result.height) == size
    for preview in result.previews:
        assert min(open_preview(preview).size) >= 1
        assert max(preview.width, preview.height) <= 2048


def test_successive_resizes_match_one_full_resize() -> None:
    picture = photograph(1600, 1200)
    expected = picture.resize((400, 300), Image.Resampling.LANCZOS)
    presets = (Preset("a", 800, 800), Preset("b", 400, 400, quality=100))
    image = open_preview(render_presets(encoded("jpeg", image=picture, quality=95), *presets).previews[1])
    assert mean_difference(image, expected) < 1.5


@pytest.mark.parametrize("edge", [210, 490, 560, 770, 1400])
@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("size", [(1400, 1050), (1401, 1047), (1047, 1403)])
def test_scaled_jpeg_decodes_match_a_full_decode(edge: int, subsampling: int, size: tuple[int, int]) -> None:
    # The scale is 1/4 for 210 pixels, 3/8 for 490, 1/2 for 560, and 1 above.
    data = encoded("jpeg", size=size, quality=95, subsampling=subsampling)
    result = render_presets(data, Preset("a", edge, edge, quality=100, effort=0))
    image = open_preview(result.previews[0])
    assert mean_difference(image, photograph(*size).resize(image.size, Image.Resampling.LANCZOS)) < 2
