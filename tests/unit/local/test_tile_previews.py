"""The previews that the page's tiles need."""

import pytest

from local.page import tile_previews
from photosky.imaging.presets import DEFAULT_PRESETS, Preset


@pytest.mark.parametrize(
    ("presets", "names"),
    [
        (DEFAULT_PRESETS, ["small", "medium"]),
        ((Preset("tiny", 128, 128), *DEFAULT_PRESETS), ["small", "medium"]),
        ((Preset("tall", 300, 500), Preset("wide", 900, 400)), ["tall", "wide"]),
        ((Preset("large", 2048, 2048),), ["large"]),
        ((Preset("square", 2048, 2048, fit="cover"),), []),
    ],
    ids=["default", "smaller", "largest", "one", "none"],
)
def test_tiles_show_the_smallest_previews_that_fit_a_screen(presets: tuple[Preset, ...], names: list[str]) -> None:
    assert tile_previews(presets) == names
