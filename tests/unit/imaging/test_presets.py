"""Presets are validated, round-trip through settings, and have a digest of all that shapes their pixels."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from photosky.imaging import presets
from photosky.imaging.presets import DEFAULT_PRESETS, Preset

THUMB = Preset("thumb", 256, 256, fit="cover")


def test_a_preset_survives_a_round_trip_through_a_mapping() -> None:
    mapping = {
        "name": "thumb",
        "width": 256,
        "height": 256,
        "fit": "cover",
        "format": "webp",
        "quality": 80,
        "effort": 2,
    }
    assert THUMB.to_mapping() == mapping
    assert Preset.from_mapping(mapping) == THUMB


def test_what_a_mapping_leaves_out_takes_its_default() -> None:
    assert Preset.from_mapping({"name": "a", "width": 10, "height": 20}) == Preset("a", 10, 20, "inside", "webp", 80, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Thumb"}, "name"),
        ({"name": "thumb\n"}, "name"),
        ({"name": "a" * 33}, "name"),
        ({"name": 3}, "name"),
        ({"width": 0}, "width"),
        ({"height": 4097}, "height"),
        ({"width": 12.5}, "width"),
        ({"height": True}, "height"),
        ({"fit": "stretch"}, "fit"),
        ({"format": "avif"}, "format"),
        ({"quality": 0}, "quality"),
        ({"quality": 101}, "quality"),
        ({"effort": 7}, "effort"),
        ({"sharpen": 1}, "sharpen"),
    ],
)
def test_a_wrong_value_is_refused_and_its_field_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        Preset.from_mapping(THUMB.to_mapping() | change)


@pytest.mark.parametrize("field", ["name", "width", "height"])
def test_a_missing_value_is_refused_and_named(field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: required field is missing$"):
        Preset.from_mapping({key: value for key, value in THUMB.to_mapping().items() if key != field})


def test_the_digest_is_eight_hex_digits_and_stays_the_same() -> None:
    assert [preset.digest for preset in DEFAULT_PRESETS] == ["9fc72327", "bcf8a0a1", "cd93f04e", "f4d01be2"]


def test_the_digest_changes_with_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = [
        THUMB,
        replace(THUMB, name="other"),
        replace(THUMB, width=255),
        replace(THUMB, height=255),
        replace(THUMB, fit="inside"),
        replace(THUMB, format="jpeg"),
        replace(THUMB, quality=81),
        replace(THUMB, effort=3),
    ]
    digests = {preset.digest for preset in changed}
    monkeypatch.setattr(presets, "RENDER_VERSION", presets.RENDER_VERSION + 1)
    assert len(digests | {THUMB.digest}) == len(changed) + 1


def test_a_preset_names_its_extension_and_content_type() -> None:
    assert (THUMB.extension, THUMB.content_type) == ("webp", "image/webp")
    jpeg = replace(THUMB, format="jpeg")
    assert (jpeg.extension, jpeg.content_type) == ("jpg", "image/jpeg")


@pytest.mark.parametrize("module", ["presets", "inspection", "capture"])
def test_presets_inspection_and_capture_need_no_pillow(module: str) -> None:
    code = f"import sys, photosky.imaging.{module}; print(sorted(name for name in sys.modules if name == 'PIL'))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout == "[]\n"
