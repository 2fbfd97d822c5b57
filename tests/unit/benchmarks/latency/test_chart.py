"""The picture of the critical path: no overlapping texts, and the longest chain filled."""

import re
from itertools import combinations

import pytest

from benchmarks.latency.chart import COLOURS, draw, step_seconds
from diagrams.colours import PAPER
from tests.infrastructure.drawings import Picture
from tests.unit.benchmarks.latency.ingests import BRANCHES, CONCURRENT, SEQUENTIAL

SVG = draw([("Before", SEQUENTIAL), ("After", CONCURRENT)])


def test_no_two_texts_overlap() -> None:
    picture = Picture.read(SVG)
    assert len(picture.texts) > 30
    overlapping = [(a.content, b.content) for a, b in combinations(picture.texts, 2) if not a.box.is_clear_of(b.box)]
    assert overlapping == []
    assert [text.content for text in picture.texts if not picture.ground.holds(text.box)] == []


def test_titles_count_calls_and_the_longest_chain() -> None:
    titles = [text.content for text in Picture.read(SVG).texts if "one after the other" in text.content]
    assert titles == [
        "Before: 1,000 ms, 4 calls, 4 one after the other",
        "After: 1,000 ms, 4 calls, 2 one after the other",
    ]


def test_calls_next_to_the_longest_chain_are_outlined() -> None:
    strokes = "|".join(colour.strong for colour in COLOURS.values())
    assert len(re.findall(rf'fill="{PAPER}" stroke="(?:{strokes})"', SVG)) == 2


def test_each_step_has_its_calls_and_work_below_it() -> None:
    rows = ["Validate", "UpdateItem", "GetObject", "decode", "Persist", "CopyObject", "TransactWriteItems"]
    texts = [text.content for text in Picture.read(draw([("After", CONCURRENT)])).texts]
    assert [text for text in texts if text in rows] == rows


def test_functions_at_the_same_time_have_their_own_calls() -> None:
    rows = ["Previews", "GetObject", "PutObject", "Promote", "CopyObject"]
    texts = [text.content for text in Picture.read(draw([("After", BRANCHES)])).texts]
    assert [text for text in texts if text in rows] == rows


@pytest.mark.parametrize(("longest", "expected"), [(0.9, 0.2), (1.6, 0.2), (1.7, 0.5), (8.0, 1.0)])
def test_axis_has_few_round_numbers(longest: float, expected: float) -> None:
    assert step_seconds(longest) == pytest.approx(expected)
