"""No text of a diagram overlaps another text, a line or the edge of a box, and every colour has a dark counterpart."""

import re
from collections.abc import Mapping
from itertools import combinations
from typing import Final

import pytest

from diagrams.architecture import RIGHTS
from diagrams.architecture_layout import HEAD, MARGIN
from diagrams.colours import DARK, KINDS, PAPER
from diagrams.fonts import STYLES, text_width
from diagrams.generate import draw
from diagrams.geometry import Box
from diagrams.synthesis import Template
from tests.infrastructure.drawings import Picture

NAMES: Final = ("architecture.svg", "ingest.svg", "reprocess.svg")

MAX_WIDTH: Final = 1800
"""In pixels; a page on a screen of 1920 then shows the picture at its full size."""

MIN_CONTRAST: Final = 4.5
"""WCAG 2.2, success criterion 1.4.3, for text of this size."""


@pytest.fixture(scope="module")
def svgs(prod: Template) -> Mapping[str, str]:
    """The diagrams of `prod` by file name."""
    return draw(prod)


@pytest.fixture(scope="module")
def pictures(svgs: Mapping[str, str]) -> Mapping[str, Picture]:
    """The same, read as boxes."""
    return {name: Picture.read(svg) for name, svg in svgs.items()}


@pytest.mark.parametrize("name", NAMES)
def test_no_two_texts_overlap(pictures: Mapping[str, Picture], name: str) -> None:
    texts = pictures[name].texts
    assert len(texts) > 20
    overlapping = [(a.content, b.content) for a, b in combinations(texts, 2) if not a.box.is_clear_of(b.box)]
    assert overlapping == []


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_inside_or_outside_of_each_box(pictures: Mapping[str, Picture], name: str) -> None:
    picture = pictures[name]
    assert [text.content for text in picture.texts if not picture.ground.holds(text.box)] == []
    cut = [
        text.content
        for text in picture.texts
        for shape in picture.shapes
        if not shape.holds(text.box) and not shape.is_clear_of(text.box)
    ]
    assert cut == []


@pytest.mark.parametrize("name", NAMES)
def test_boxes_are_nested_or_apart(pictures: Mapping[str, Picture], name: str) -> None:
    assert len(pictures[name].shapes) > 5
    assert _overlapping(pictures[name]) == []


def test_boxes_keep_the_margin(pictures: Mapping[str, Picture]) -> None:
    ground, shapes = pictures["architecture.svg"].ground, pictures["architecture.svg"].shapes
    left, top = min(shape.x for shape in shapes), min(shape.y for shape in shapes)
    right = ground.right - max(shape.right for shape in shapes)
    assert (left, top, right) == pytest.approx((MARGIN, MARGIN, MARGIN), abs=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_fits_a_page(pictures: Mapping[str, Picture], name: str) -> None:
    assert pictures[name].ground.width <= MAX_WIDTH


def test_more_routes_and_rules_cause_no_overlap(prod: Template) -> None:
    """The defect that this guards against: the API's card grew, and the user pool's reached the rules'."""
    route = prod.routes()["GET", "/health"]
    rule, *_ = prod.all("AWS::Events::Rule")
    parent = prod.target(route.properties["ResourceId"])
    assert parent is not None
    added: dict[str, object] = {}
    for index in range(12):
        resource = {**parent.document, "Properties": {**parent.properties, "PathPart": f"more-{index}"}}
        method = {**route.document, "Properties": {**route.properties, "ResourceId": {"Ref": f"Path{index}"}}}
        added |= {f"Path{index}": resource, f"Route{index}": method, f"Rule{index}": rule.document}
    document = {**prod.document, "Resources": {**prod.document["Resources"], **added}}
    picture = Picture.read(draw(Template(document))["architecture.svg"])
    contents = [text.content for text in picture.texts]
    assert [f"/more-{index}" in contents for index in range(12)] == [True] * 12
    assert contents.count(rule.name) == 13
    assert (_overlapping(picture), _crossed(picture)) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_no_line_crosses_a_text(pictures: Mapping[str, Picture], name: str) -> None:
    assert len(pictures[name].lines) > 10
    assert _crossed(pictures[name]) == []


def test_boxes_that_touch_are_clear_of_each_other() -> None:
    box = Box(0, 0, 10, 10)
    assert box.is_clear_of(Box(10, 0, 5, 5))
    assert not box.is_clear_of(Box(9, 9, 5, 5))
    assert not box.is_clear_of(Box(5, -5, 0, 20))
    assert box.holds(Box(0, 0, 10, 10))
    assert not box.holds(Box(5, 5, 6, 1))


def test_an_overlap_would_be_found() -> None:
    """The defect that this module guards against: a title over a schedule, in a card that is too narrow."""
    svg = """<svg xmlns="http://www.w3.org/2000/svg"><rect x="0" y="0" width="400" height="99"/>
        <rect x="20" y="20" width="200" height="60"/>
        <text x="34" y="58" class="name">Audit, Sweep</text>
        <text x="206" y="58" class="note" text-anchor="end">rate(1 day), rate(5 minutes)</text>
        <text x="180" y="40" class="note">beyond the edge</text><path d="M20 90L300 90Q309 90 309 20"/>
        <text x="100" y="94">on the line</text></svg>"""
    picture = Picture.read(svg)
    name, schedule, beyond, crossed = picture.texts
    assert not name.box.is_clear_of(schedule.box)
    assert not picture.shapes[0].holds(beyond.box)
    assert not picture.shapes[0].is_clear_of(beyond.box)
    assert [line for line in picture.lines if not line.is_clear_of(crossed.box)] == [Box(20, 90, 280, 0)]


def test_widths_are_those_of_the_measured_font() -> None:
    """Measured in Chromium with DejaVu Sans: `getComputedTextLength`."""
    assert text_width("Reconcile", "name") == pytest.approx(75.5, abs=0.5)
    assert text_width("rate(5 minutes)", "note") == pytest.approx(85.8, abs=0.5)
    assert text_width("/photos/{photo_id}/original", "mono") == pytest.approx(186.7, abs=0.5)
    assert text_width("EVENTBRIDGE RULES", "kind") == pytest.approx(130.4, abs=0.5)


def test_all_alarms_are_listed(prod: Template, pictures: Mapping[str, Picture]) -> None:
    alarms = [alarm.name for alarm in prod.all("AWS::CloudWatch::Alarm")]
    texts = [text.content for text in pictures["architecture.svg"].texts]
    start = next(index for index, text in enumerate(texts) if text.startswith(f"{alarms[0]},"))
    assert " ".join(texts[start:]).startswith(", ".join(alarms))
    assert f"{len(alarms)} alarms" in texts


def test_every_rule_has_its_own_line(prod: Template, pictures: Mapping[str, Picture]) -> None:
    heights = {text.content: text.box.bottom for text in pictures["architecture.svg"].texts}
    for rule in prod.all("AWS::Events::Rule"):
        assert heights[rule.properties["ScheduleExpression"]] == pytest.approx(heights[rule.name], abs=1)
        assert heights[rule.name] > HEAD


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_has_a_dark_counterpart(svgs: Mapping[str, str], name: str) -> None:
    light, _, dark = svgs[name].partition("@media (prefers-color-scheme: dark)")
    rules, _, drawn = dark.partition("</style>")
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', drawn))
    assert used
    assert used <= set(DARK)
    for colour in used:
        assert f'="{colour}"]' in rules
        assert DARK[colour] in rules
    assert set(re.findall(r"#[0-9a-f]{6}", light)) <= set(DARK)


@pytest.mark.parametrize("kind", KINDS)
def test_text_has_enough_contrast_on_light_and_dark(kind: str) -> None:
    strong, tint = KINDS[kind].strong, KINDS[kind].tint
    assert _contrast(strong, tint) >= MIN_CONTRAST
    assert _contrast(DARK[strong], DARK[tint]) >= MIN_CONTRAST
    for style in STYLES.values():
        if style.fill and style.fill != PAPER:
            assert _contrast(style.fill, tint) >= MIN_CONTRAST
            assert _contrast(DARK[style.fill], DARK[tint]) >= MIN_CONTRAST


@pytest.mark.parametrize("fill", [fill for _, fill in RIGHTS.values()])
def test_letters_have_enough_contrast_on_their_marks(fill: str) -> None:
    assert _contrast(PAPER, fill) >= MIN_CONTRAST
    assert _contrast(DARK[PAPER], DARK[fill]) >= MIN_CONTRAST


def _overlapping(picture: Picture) -> list[tuple[Box, Box]]:
    return [(a, b) for a, b in combinations(picture.shapes, 2) if not (a.is_clear_of(b) or a.holds(b) or b.holds(a))]


def _crossed(picture: Picture) -> list[str]:
    words = [text for text in picture.texts if text.content not in ("R", "W", "D")]  # A mark is on its line.
    return [text.content for text in words for line in picture.lines if not line.is_clear_of(text.box)]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, "relative luminance")."""
    channels = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
