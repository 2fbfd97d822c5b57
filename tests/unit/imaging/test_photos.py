"""Real photos are rendered, and damaged ones are rejected."""

import pytest

from photosky.errors import Code, PhotoSkyError
from tests.unit.imaging.previews import PHOTOS, SMALL, mean_difference, real_photos, render_presets, show

REJECTED = {
    "corrupt-header.jpg": Code.CORRUPT_IMAGE,
    "truncated.jpg": Code.CORRUPT_IMAGE,
    "truncated.png": Code.CORRUPT_IMAGE,
    "giant-image.jpg": Code.TOO_MANY_PIXELS,
}

pytestmark = pytest.mark.skipif(not real_photos(), reason="the photos are not next to the checkout")


def test_only_damaged_photos_are_rejected() -> None:
    rejected = {}
    for photo in real_photos():
        try:
            result = render_presets(photo.read_bytes(), SMALL)
        except PhotoSkyError as error:
            rejected[photo.name] = error.code
        else:
            assert result.previews[0].width > 0
    assert rejected == REJECTED


@pytest.mark.parametrize("series", ["Landscape", "Portrait"])
def test_photos_of_all_orientations_look_alike(series: str) -> None:
    images = [show((PHOTOS / f"orientation_{series}_{index}.jpg").read_bytes(), SMALL) for index in range(1, 9)]
    assert [mean_difference(image, images[0]) < 6 for image in images] == [True] * 8
