"""docs/pictures.md says which pictures the code accepts and refuses."""

from typing import Final

from photosky.imaging import formats, media_types
from photosky.imaging.headers import tiff_samples
from photosky.imaging.limits import DEFAULT_LIMITS, MAX_SCANS, MIB
from tests.repository import ROOT
from tests.unit.test_docs import rows

PAGE: Final = "docs/pictures.md"
SAMPLE_FORMATS: Final = {"unsigned": 1, "signed": 2, "float": 3}
EXTRAS: Final[dict[str, set[int | None]]] = {
    "none": {None},
    "mask": {tiff_samples.UNSPECIFIED},
    "alpha": {tiff_samples.UNASSOCIATED},
}


def test_every_format_has_its_pixel_limit() -> None:
    documented = {name.strip("`"): pixels for name, *_, pixels in rows(PAGE, "| format |")}
    assert documented.keys() == media_types.CONTENT_TYPES.keys()
    assert documented == {name: f"{pixels // 1_000_000} MP" for name, pixels in DEFAULT_LIMITS.max_pixels.items()}
    page = (ROOT / PAGE).read_text()
    assert f"{DEFAULT_LIMITS.memory_bytes // MIB}\nMiB" in page
    assert f"more than {MAX_SCANS} scans" in page


def test_every_displayed_kind_of_tiff_is_listed() -> None:
    documented: dict[tuple[int, int, int], set[int | None]] = {}
    for photometric, samples, bits, extras in rows(PAGE, "| photometric |"):
        for count in bits.split(", "):
            key = int(photometric.split()[0]), SAMPLE_FORMATS[samples], int(count)
            assert key not in documented
            documented[key] = {value for extra in extras.split(", ") for value in EXTRAS[extra]}
    # Premultiplied alpha is displayed wherever the other kind is, but for palettes.
    displayed = {key: set(extras) - {tiff_samples.ASSOCIATED} for key, extras in tiff_samples._DISPLAYED.items()}
    assert documented == displayed


def test_every_unsupported_format_is_named() -> None:
    refused = dict(rows(PAGE, "| answer |"))["UnsupportedFormat, with its name"]
    programs = {"Windows program", "program"}
    named = {name for name in formats._UNSUPPORTED.values() if not name.startswith("camera raw")} - programs
    assert [name for name in sorted(named) if name not in refused] == []
    assert "programs" in refused
    assert "camera raw" in refused
