"""The committed diagrams are those of the current template, self-contained and accessible."""

import re
import xml.etree.ElementTree as ET
from typing import Final

import pytest

from diagrams.architecture_layout import Layout
from diagrams.generate import FOLDER, draw
from diagrams.reading import states_of
from diagrams.synthesis import Template

NAMES: Final = ("architecture.svg", "ingest.svg", "reprocess.svg")
MAX_BYTES: Final = 100_000


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_diagram_is_current(prod: Template, name: str) -> None:
    is_current = (FOLDER / name).read_text(encoding="utf-8") == draw(prod)[name]
    assert is_current, f"diagrams/{name} is stale; run `make diagrams`."


def test_there_are_no_other_diagrams(prod: Template) -> None:
    assert sorted(path.name for path in FOLDER.glob("*.svg")) == sorted(draw(prod)) == sorted(NAMES)


def test_drawing_is_deterministic(prod: Template) -> None:
    assert draw(prod) == draw(Template(prod.document))


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_is_small_and_self_contained(prod: Template, name: str) -> None:
    svg = draw(prod)[name]
    assert len(svg.encode()) < MAX_BYTES
    assert not re.findall(r"(?:href|src|@import|url\((?!#))", svg)


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_has_a_title_and_a_description(prod: Template, name: str) -> None:
    root = ET.fromstring(draw(prod)[name])  # noqa: S314 - our own text
    assert root.get("role") == "img"
    described = {element.tag.rpartition("}")[2]: element.text for element in root}
    assert described["title"]
    assert described["desc"]


@pytest.mark.parametrize("name", NAMES)
def test_a_diagram_has_its_own_background(prod: Template, name: str) -> None:
    root = ET.fromstring(draw(prod)[name])  # noqa: S314 - our own text
    ground = next(element for element in root if element.tag.endswith("rect"))
    _, _, width, height = (float(number) for number in str(root.get("viewBox")).split())
    assert (ground.get("width"), ground.get("height")) == (f"{width - 1:g}", f"{height - 1:g}")
    assert ground.get("fill") == "#ffffff"


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_inside_the_picture(prod: Template, name: str) -> None:
    root = ET.fromstring(draw(prod)[name])  # noqa: S314 - our own text
    _, _, width, height = (float(number) for number in str(root.get("viewBox")).split())
    for element in root:
        if element.tag.endswith(("text", "rect")):
            assert 0 <= float(element.get("x", 0)) < width
            assert 0 <= float(element.get("y", 0)) < height


def test_the_ingest_diagram_shows_all_states_and_outcomes(prod: Template) -> None:
    texts = _texts(draw(prod)["ingest.svg"])
    states = states_of(prod.definition)
    outcomes = {choice["StringEquals"] for state in states.values() for choice in state.get("Choices", [])}
    assert set(states) | outcomes | {"otherwise"} <= texts


def test_the_architecture_shows_all_routes_functions_and_stores(prod: Template) -> None:
    texts = _texts(draw(prod)["architecture.svg"])
    routes = {part for verb, path in prod.routes() if verb not in ("OPTIONS", "ANY") for part in (verb, path)}
    kinds = ("AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")
    named = {resource.name for kind in kinds for resource in prod.all(kind)}
    indexes = {i["IndexName"] for i in prod.one("AWS::DynamoDB::Table").properties["GlobalSecondaryIndexes"]}
    assert routes | named | indexes <= texts


def test_parts_share_a_column_if_their_permissions_are_the_same(prod: Template) -> None:
    layout = Layout(prod)
    rows = [*layout.grants.values(), layout.signed]
    found = [
        {(column.store.name, *(row.get(part, "") for row in rows)) for part in column.parts}
        for column in layout.columns
    ]
    assert [len(permissions) for permissions in found] == [1] * len(found)
    assert len(set().union(*found)) == len(found)


def _texts(svg: str) -> set[str]:
    return {element.text or "" for element in ET.fromstring(svg) if element.tag.endswith("text")}  # noqa: S314
