"""Figures of `make bench` are read from its results."""

import re

import pytest

from benchmarks.scale import durations, measured


def test_each_picture_and_function_of_the_model_is_measured() -> None:
    assert all(measured.render_cpu_seconds(picture) > 0.1 for picture in durations.UPLOAD_MIX)
    assert all(measured.previews_bytes(picture) > 100_000 for picture in durations.UPLOAD_MIX)
    assert all(measured.import_cpu_seconds(module) > 0.1 for module in durations.MODULES.values())


def test_the_figures_are_those_of_photosky_in_one_thread() -> None:
    text = measured.RESULTS.read_text(encoding="utf-8")
    row = next(line for line in text.partition("## HEIC 12 MP to WebP")[2].splitlines() if "| photosky |" in line)
    assert row.split("|")[2].strip() == f"{measured.render_cpu_seconds('HEIC 12 MP'):.2f}"


def test_an_unmeasured_picture_raises() -> None:
    with pytest.raises(KeyError):
        measured.render_cpu_seconds("JPEG 1 MP")


def test_the_results_name_their_date_and_machine() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", measured.date())
    assert "cores" in measured.machine()
