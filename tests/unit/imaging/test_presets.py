"""Presets are validated, round-trip through mappings, and have a digest of all their fields."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from photosky.imaging import presets
from photosky.imaging.presets import DEFAULT_PRESETS, Preset

THUMB = Preset("thumb", 256, 256, fit="cover")


def test_preset_round_trips_through_a_mapping() -> None:
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


def test_missing_optional_fields_have_defaults() -> None:
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
def test_invalid_value_error_names_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        Preset.from_mapping(THUMB.to_mapping() | change)


@pytest.mark.parametrize("field", ["name", "width", "height"])
def test_missing_required_field_is_named(field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: required field is missing$"):
        Preset.from_mapping({key: value for key, value in THUMB.to_mapping().items() if key != field})


def test_digests_of_default_presets_are_stable() -> None:
    assert [preset.digest for preset in DEFAULT_PRESETS] == ["bfb5cdc5", "167c2ec3", "58ee3c03", "2ab3814f"]


def test_digest_depends_on_every_field_and_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_format_determines_extension_and_content_type() -> None:
    assert (THUMB.extension, THUMB.content_type) == ("webp", "image/webp")
    jpeg = replace(THUMB, format="jpeg")
    assert (jpeg.extension, jpeg.content_type) == ("jpg", "image/jpeg")


@pytest.mark.parametrize("module", ["presets", "inspection", "capture"])
def test_module_does_not_import_pillow(module: str) -> None:
    code = f"import sys, photosky.imaging.{module}; print(sorted(name for name in sys.modules if name == 'PIL'))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert result.stdout == "[]\n"
