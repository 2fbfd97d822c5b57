"""What the benchmark wrote is read as it stands there."""

import pytest

from benchmarks.scale import durations, measured


def test_every_picture_and_function_that_is_reckoned_with_was_measured() -> None:
    assert all(measured.render_cpu_seconds(picture) > 0.1 for picture in durations.PICTURES)
    assert all(measured.previews_bytes(picture) > 100_000 for picture in durations.PICTURES)
    assert all(measured.import_cpu_seconds(module) > 0.1 for module in durations.MODULES.values())


def test_a_row_is_the_way_that_is_photoskys_own_on_one_thread() -> None:
    text = measured.RESULTS.read_text(encoding="utf-8")
    row = next(line for line in text.partition("## HEIC 12 MP to WebP")[2].splitlines() if "| photosky |" in line)
    assert row.split("|")[2].strip() == f"{measured.render_cpu_seconds('HEIC 12 MP'):.2f}"


def test_what_was_not_measured_is_not_known() -> None:
    with pytest.raises(KeyError):
        measured.render_cpu_seconds("JPEG 1 MP")
