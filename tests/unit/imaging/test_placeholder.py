"""ThumbHashes equal those of the reference encoder; the dominant colour is the most frequent visible one."""

import base64

import pytest
import thumbhash as package
from PIL import Image

from photosky.imaging.placeholder import EDGE, dominant_color, shrink, thumbhash
from tests.pictures import in_mode, photograph


@pytest.mark.parametrize("size", [(32, 24), (24, 32), (32, 32), (32, 1), (1, 32), (7, 5)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_opaque_hash_equals_the_python_package(size: tuple[int, int], seed: int) -> None:
    small = photograph(*size, seed).convert("RGBA")
    other = package.rgba_to_thumb_hash(*size, list(small.tobytes()))
    assert base64.b64decode(thumbhash(small)) == bytes(other)


def test_hash_with_alpha_equals_the_javascript_reference() -> None:
    # The hash was made by the npm package thumbhash 0.1.1 from the same pixels.
    small = photograph(32, 24)
    small.putalpha(photograph(32, 24, seed=2).convert("L"))
    assert thumbhash(small) == "IfiFHIgYc4Z/lJlnCTqbg6AHd/dZh4aWCA=="


def test_shrink_keeps_aspect_ratio_and_alpha() -> None:
    small = shrink(in_mode(photograph(400, 100), "RGBA"))
    assert (small.size, small.mode) == ((EDGE, 8), "RGBA")
    assert shrink(photograph(9, 5)).size == (9, 5)
    assert shrink(photograph(4000, 2)).size == (EDGE, 1)


def test_dominant_colour_ignores_transparent_pixels() -> None:
    image = Image.new("RGBA", (10, 10), (200, 30, 60, 255))
    image.paste((0, 255, 0, 10), (0, 0, 10, 7))
    image.paste((20, 40, 60, 255), (0, 7, 4, 8))
    assert dominant_color(image) == "#c81e3c"


def test_dominant_colour_of_a_transparent_image_is_black() -> None:
    assert dominant_color(Image.new("RGBA", (4, 4), (255, 255, 255, 0))) == "#000000"
