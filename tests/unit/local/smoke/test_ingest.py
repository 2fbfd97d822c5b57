"""Previews are compared with their presets and with what the photo says about them."""

import io
from collections.abc import Mapping
from typing import Any, Final

import pytest
from PIL import Image

from local.smoke.ingest import preview_differences
from photosky.imaging.presets import Preset

INSIDE: Final = Preset("small", 640, 640)
COVER: Final = Preset("thumb", 256, 256, fit="cover")
HEADERS: Final = {"content-type": "image/webp", "cache-control": "public, max-age=31536000, immutable"}


def webp(size: tuple[int, int]) -> bytes:
    """A preview of a size."""
    output = io.BytesIO()
    Image.new("RGB", size).save(output, "WEBP", method=0)
    return output.getvalue()


def differences(
    preset: Preset,
    size: tuple[int, int],
    photo: tuple[int, int] = (1400, 1050),
    headers: Mapping[str, str] = HEADERS,
    **changes: object,
) -> list[str]:
    """The differences of a preview of this size."""
    data = webp(size)
    preview: dict[str, Any] = {
        "width": size[0],
        "height": size[1],
        "size_bytes": len(data),
        "content_type": "image/webp",
        **changes,
    }
    return preview_differences(preset, photo, preview, headers, data)


@pytest.mark.parametrize(
    ("preset", "size", "photo"),
    [
        (INSIDE, (640, 480), (1400, 1050)),
        (INSIDE, (630, 473), (1260, 945)),
        (INSIDE, (320, 240), (320, 240)),
        (COVER, (256, 256), (1400, 1050)),
        (COVER, (240, 240), (320, 240)),
    ],
)
def test_preview_of_the_documented_size_has_no_difference(
    preset: Preset, size: tuple[int, int], photo: tuple[int, int]
) -> None:
    assert differences(preset, size, photo) == []


@pytest.mark.parametrize(
    ("preset", "size"), [(INSIDE, (600, 450)), (INSIDE, (700, 525)), (COVER, (256, 192)), (COVER, (200, 200))]
)
def test_preview_of_another_size_is_a_difference(preset: Preset, size: tuple[int, int]) -> None:
    (text,) = differences(preset, size)
    assert text == f"{size[0]} x {size[1]} px is not the size for {preset.width} x {preset.height} px"


def test_enlarged_preview_is_a_difference() -> None:
    assert differences(INSIDE, (640, 480), (320, 240)) == ["640 x 480 px is not the size for 640 x 640 px"]


def test_description_that_disagrees_with_the_bytes_is_a_difference() -> None:
    assert differences(INSIDE, (640, 480), width=1, content_type="image/png") == [
        "its size is (640, 480) instead of (1, 480)",
        "its type is 'image/png' instead of 'image/webp'",
    ]


def test_headers_of_a_preview_are_compared() -> None:
    assert differences(INSIDE, (640, 480), headers={"content-type": "text/html"}) == [
        "the type in its response is 'text/html' instead of 'image/webp'",
        "its response may not be cached for good",
    ]


def test_bytes_that_are_no_picture_are_a_difference() -> None:
    assert preview_differences(INSIDE, (640, 480), {}, HEADERS, b"<Error/>") == [
        "it cannot be decoded (UnidentifiedImageError)"
    ]
