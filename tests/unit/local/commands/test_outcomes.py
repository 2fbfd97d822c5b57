"""The table of the demo's outcomes, in terminals of several widths."""

from typing import Any

import pytest
from rich.console import Console

from local.commands.outcomes import Outcome, outcome_of, outcome_table

PHOTO: dict[str, Any] = {
    "photo_id": "p",
    "status": "ready",
    "width": 1000,
    "height": 1600,
    "previews": {"thumb": {"url": "…", "size_bytes": 1536}},
}
READY = Outcome("a.jpg", 200, "ready", 1000, 1600, {"thumb": 1536})
LONG_NAME = "IMG_20260803_071255_a_very_long_name_of_a_holiday_picture.jpeg"
SIZES = {"thumb": 12_345, "small": 123_456, "medium": 1_234_567, "large": 12_345_678}
MANY = [
    Outcome(LONG_NAME, 200, "ready", 16_000, 12_000, SIZES),
    Outcome("b.jpg", 415, "UnsupportedFormat"),
]


@pytest.mark.parametrize("document", [PHOTO, {"photo": PHOTO}])
def test_outcome_of_a_photo_has_its_size_and_previews(document: dict[str, Any]) -> None:
    assert outcome_of("a.jpg", 200, document) == READY


def test_outcome_of_a_problem_has_its_code() -> None:
    rejected = outcome_of("a.jpg", 415, {"type": "…", "status": 415, "code": "UnsupportedFormat"})
    assert rejected == Outcome("a.jpg", 415, "UnsupportedFormat")
    assert not rejected.is_fault
    assert outcome_of("a.jpg", 500, {"code": "InternalError"}).is_fault


def print_table(outcomes: list[Outcome], width: int) -> list[str]:
    """Return the lines of the table in a terminal of `width` columns."""
    console = Console(width=width)
    with console.capture() as captured:
        console.print(outcome_table(outcomes, width))
    return captured.get().splitlines()


def test_table_has_a_column_per_preview() -> None:
    assert [line.split() for line in print_table([READY, MANY[1]], 100)] == [
        ["file", "outcome", "pixels", "thumb"],
        ["a.jpg", "200", "ready", "1000", "x", "1600", "1.5", "KiB"],
        ["b.jpg", "415", "UnsupportedFormat"],
    ]


@pytest.mark.parametrize(
    ("width", "numbers"),
    [
        (120, ["16000 x 12000", "12.1 KiB", "120.6 KiB", "1205.6 KiB", "12056.3 KiB"]),
        (80, ["16000 x 12000", "13394.6 KiB"]),
        (60, ["16000 x 12000"]),
        (40, []),
    ],
)
def test_narrow_table_omits_columns_and_shortens_names(width: int, numbers: list[str]) -> None:
    heading, first, second = print_table(MANY, width)
    assert heading.startswith("file")
    assert all(number in first for number in numbers)
    assert "200 ready" in first
    assert "415 UnsupportedFormat" in second
    assert "…" in first
    assert max(map(len, (heading, first, second))) <= width
