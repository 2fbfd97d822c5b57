"""The diagrams in the tree are what the template says today, and fit to be shown."""

import re
import xml.etree.ElementTree as ET
from typing import Final

import pytest

from diagrams.generate import FOLDER, draw
from diagrams.synthesis import Template

NAMES: Final = ("architecture.svg", "ingest.svg", "reprocess.svg")
MAX_BYTES: Final = 100_000


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_is_what_the_template_says(prod: Template, name: str) -> None:
    is_current = (FOLDER / name).read_text(encoding="utf-8") == draw(prod)[name]
    assert is_current, f"diagrams/{name} is stale; `make diagrams` draws it anew."


def test_there_are_no_other_diagrams(prod: Template) -> None:
    assert sorted(path.name for path in FOLDER.glob("*.svg")) == sorted(draw(prod)) == sorted(NAMES)


def test_a_template_is_drawn_alike_every_time(prod: Template) -> None:
    assert draw(prod) == draw(Template(prod.document))


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_is_small_and_needs_nothing_from_elsewhere(prod: Template, name: str) -> None:
    svg = draw(prod)[name]
    assert len(svg.encode()) < MAX_BYTES
    assert not re.findall(r"(?:href|src|@import|url\((?!#))", svg)


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_says_what_it_shows_to_those_who_cannot_see_it(prod: Template, name: str) -> None:
    root = ET.fromstring(draw(prod)[name])  # noqa: S314 - our own text
    assert root.get("role") == "img"
    described = {element.tag.rpartition("}")[2]: element.text for element in root}
    assert described["title"]
    assert described["desc"]


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_has_a_ground_of_its_own_so_that_dark_pages_do_not_swallow_it(prod: Template, name: str) -> None:
    root = ET.fromstring(draw(prod)[name])  # noqa: S314 - our own text
    ground = next(element for element in root if element.tag.endswith("rect"))
    _, _, width, height = (float(number) for number in str(root.get("viewBox")).split())
    assert (ground.get("width"), ground.get("height")) == (f"{width - 1:g}", f"{height - 1:g}")
    assert ground.get("fill") == "#ffffff"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_outside_of_the_picture(prod: Template, name: str) -> None:
    root = ET.fromstring(draw(prod)[name])  # noqa: S314 - our own text
    _, _, width, height = (float(number) for number in str(root.get("viewBox")).split())
    for element in root:
        if element.tag.endswith(("text", "rect")):
            assert 0 <= float(element.get("x", 0)) < width
            assert 0 <= float(element.get("y", 0)) < height


def test_every_state_and_outcome_stands_in_the_ingests_picture(prod: Template) -> None:
    texts = _texts(draw(prod)["ingest.svg"])
    states = prod.definition["States"]
    outcomes = {choice["StringEquals"] for state in states.values() for choice in state.get("Choices", [])}
    assert set(states) | outcomes | {"otherwise"} <= texts


def test_every_route_function_and_store_stands_in_the_architectures_picture(prod: Template) -> None:
    texts = _texts(draw(prod)["architecture.svg"])
    routes = {part for verb, path in prod.routes() if verb not in ("OPTIONS", "ANY") for part in (verb, path)}
    kinds = ("AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")
    named = {resource.name for kind in kinds for resource in prod.all(kind)}
    assert routes | named <= texts


def test_every_alarm_stands_in_the_architectures_picture_as_far_as_there_is_room(prod: Template) -> None:
    texts = _texts(draw(prod)["architecture.svg"])
    alarms = [alarm.name for alarm in prod.all("AWS::CloudWatch::Alarm")]
    assert f"{len(alarms)} alarms" in texts
    listed = next(text for text in texts if text.startswith(alarms[0]))
    assert ", ".join(alarms).startswith(listed.removesuffix(" …").rstrip(","))


def _texts(svg: str) -> set[str]:
    return {element.text or "" for element in ET.fromstring(svg) if element.tag.endswith("text")}  # noqa: S314
