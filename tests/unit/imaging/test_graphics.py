"""Graphics have sharp colours in their previews, for at most 1.5 times the bytes; photographs stay lossy."""

import io
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from PIL import Image

from benchmarks.previews.quality import chroma_error
from photosky.imaging.graphics import MAX_COST, is_graphic
from photosky.imaging.presets import DEFAULT_PRESETS, Preset
from tests.graphics import GRAPHICS, chart, icon, screenshot, thin_lines
from tests.pictures import PictureFormat, encoded, grainy_photograph, in_mode, zone_plate
from tests.unit.imaging.previews import open_preview, real_photos, render_presets

NO_PHOTOS = {"corrupt-header.jpg", "giant-image.jpg", "truncated.jpg"}
PHOTOS = [path for path in real_photos() if path.suffix in (".jpg", ".jpeg") and path.name not in NO_PHOTOS]
LARGE = Preset("large", 2048, 2048)
OPTIONS: dict[str, dict[str, Any]] = {"png": {"compress_level": 1}, "webp": {"lossless": True, "exact": True}}


def lossy(image: Image.Image, preset: Preset = LARGE) -> bytes:
    output = io.BytesIO()
    image.save(output, "WEBP", quality=preset.quality, method=preset.effort)
    return output.getvalue()


def is_lossless(webp: bytes) -> bool:
    return webp[12:16] == b"VP8L"


PICTURES: dict[str, Callable[[], Image.Image]] = {
    **GRAPHICS,
    # As wide as in the benchmark, so that previews are scaled by the same factors, but half as high.
    "large screenshot": lambda: screenshot(2880, 900, seed=2),
    "large chart": lambda: chart(4000, 1250, seed=2),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "picture_format"),
    [*product(PICTURES, ["png"]), *product(["icon of 12 pixels", "chart"], ["webp", "tiff"])],
)
def test_graphics_have_sharp_colours_at_limited_cost(name: str, picture_format: PictureFormat) -> None:
    picture = PICTURES[name]()
    options = OPTIONS.get(picture_format, {})
    previews = render_presets(encoded(picture_format, image=picture, **options)).previews
    preview, expected = previews[-1], picture
    if preview.width < picture.width:
        expected = picture.resize((preview.width, preview.height), Image.Resampling.LANCZOS)
    before = lossy(expected)
    errors = [chroma_error(image, expected) for image in (open_preview(preview), Image.open(io.BytesIO(before)))]
    assert errors[0] <= max(1, errors[1] / 2), errors
    assert len(preview.data) <= 1.05 * MAX_COST * len(before)
    costs = {preview.preset.name: len(preview.data) / len(lossy(open_preview(preview))) for preview in previews}
    assert {name: cost for name, cost in costs.items() if cost > 1.1 * MAX_COST} == {}


@pytest.mark.parametrize("draw", [icon(12), icon(64), thin_lines(300, 200), screenshot(800, 600), chart(800, 600)])
def test_graphics_at_full_size_are_exact(draw: Image.Image) -> None:
    preview = render_presets(encoded("png", image=draw), LARGE).previews[0]
    assert open_preview(preview).convert("RGB").tobytes() == draw.tobytes()


@pytest.mark.parametrize("picture_format", ["png", "tiff"])
@pytest.mark.parametrize("size", [(20_000, 100), (100, 20_000)], ids=["wide", "tall"])
def test_graphics_longer_than_a_webp_have_previews(picture_format: PictureFormat, size: tuple[int, int]) -> None:
    """A preview that is cropped needs the whole width, which is judged before the crop."""
    data = encoded(picture_format, image=thin_lines(*size), **OPTIONS.get(picture_format, {}))
    previews = render_presets(data).previews
    assert max(max(preview.width, preview.height) for preview in previews) == 2048


def test_transparent_graphics_are_exact() -> None:
    picture = in_mode(icon(48), "RGBA")
    preview = render_presets(encoded("png", mode="RGBA", image=picture), LARGE).previews[0]
    assert open_preview(preview).tobytes() == picture.tobytes()


def test_jpeg_presets_are_unchanged() -> None:
    preset = Preset("flat", 100, 100, format="jpeg")
    assert open_preview(render_presets(encoded("png", image=icon(64)), preset).previews[0]).format == "JPEG"


@pytest.mark.parametrize("picture_format", ["png", "jpeg", "webp", "tiff"])
def test_photographs_are_as_before(picture_format: PictureFormat) -> None:
    options: dict[str, Any] = {"lossless": True} if picture_format == "webp" else {"quality": 95}
    data = encoded(picture_format, image=grainy_photograph(640, 480), **options)
    previews = render_presets(data, *DEFAULT_PRESETS).previews
    assert [is_lossless(preview.data) for preview in previews] == [False] * 4
    if picture_format == "png":
        assert previews[-1].data == lossy(grainy_photograph(640, 480))


@pytest.mark.parametrize("picture", [zone_plate(400, 300), grainy_photograph(48, 48), grainy_photograph(1200, 30)])
def test_textures_are_no_graphics(picture: Image.Image) -> None:
    assert not is_graphic(picture)


def test_drawings_in_a_jpeg_keep_lossy_previews() -> None:
    preview = render_presets(encoded("jpeg", image=screenshot(800, 600)), LARGE).previews[0]
    assert not is_lossless(preview.data)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 2), (17, 3)])
def test_images_of_a_few_pixels_are_handled(size: tuple[int, int]) -> None:
    picture = icon(40).crop((0, 0, *size))
    preview = render_presets(encoded("png", image=picture), LARGE).previews[0]
    assert open_preview(preview).convert("RGB").tobytes() == picture.tobytes()


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.name)
def test_real_photos_are_no_graphics(path: Any) -> None:
    with Image.open(path) as image:
        image.draft(None, (1024, 1024))
        assert not is_graphic(image.convert("RGB"))
