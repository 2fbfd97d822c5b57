"""What the demo makes of the API's answers, and the samples that it paints."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from local.commands.demo import Outcome, outcome_of, paint, table

PHOTO: dict[str, Any] = {
    "photo_id": "p",
    "status": "ready",
    "width": 1000,
    "height": 1600,
    "previews": {"thumb": {"url": "…", "size_bytes": 1536}},
}
READY = Outcome("a.jpg", 200, "ready", 1000, 1600, {"thumb": 1536})


@pytest.mark.parametrize("answer", [PHOTO, {"photo": PHOTO}])
def test_a_photo_is_shown_with_its_size_and_previews(answer: dict[str, Any]) -> None:
    assert outcome_of("a.jpg", 200, answer) == READY


def test_a_problem_is_shown_with_its_code() -> None:
    refused = outcome_of("a.jpg", 415, {"type": "…", "status": 415, "code": "UnsupportedFormat"})
    assert refused == Outcome("a.jpg", 415, "UnsupportedFormat")
    assert not refused.is_fault
    assert outcome_of("a.jpg", 500, {"code": "InternalError"}).is_fault


def test_the_table_has_a_column_for_each_preview() -> None:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table([READY, Outcome("b.jpg", 415, "UnsupportedFormat")]))
    assert [line.split() for line in captured.get().splitlines()] == [
        ["file", "outcome", "width", "height", "thumb"],
        ["a.jpg", "200", "ready", "1000", "1600", "1.5", "KiB"],
        ["b.jpg", "415", "UnsupportedFormat"],
    ]


def test_the_samples_are_pictures_but_one(tmp_path: Path) -> None:
    names = {path.name for path in paint(tmp_path)}
    assert names == {"landscape.jpg", "turned.jpg", "cmyk.jpg", "small.webp", "transparent.png", "not-a-picture.jpg"}
    for name in names - {"not-a-picture.jpg"}:
        with Image.open(tmp_path / name) as picture:
            picture.verify()
