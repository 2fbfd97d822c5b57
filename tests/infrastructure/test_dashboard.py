"""The dashboard shows existing metrics of its own environment, for its four questions."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from diagrams.synthesis import Synthesized, Template
from photosky.metrics import NAMESPACE
from tests.infrastructure.metrics import exists

Widget = Mapping[str, Any]


def body(template: Template) -> dict[str, Any]:
    """Return the body of the dashboard, with readable references."""
    found: dict[str, Any] = json.loads(
        template.text(template.one("AWS::CloudWatch::Dashboard").properties["DashboardBody"])
    )
    return found


def shown(widgets: list[Widget]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield namespace, name and dimensions of all metrics in graphs and expressions."""
    for widget in widgets:
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], str):
                namespace, name, *pairs = [part for part in row if isinstance(part, str)]
                yield namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True))


@pytest.fixture(scope="module")
def widgets(prod: Template) -> list[Widget]:
    """The widgets of `prod` in order."""
    return list(body(prod)["widgets"])


def test_all_metrics_exist(widgets: list[Widget]) -> None:
    found = list(shown(widgets))
    assert found
    assert [one for one in found if not exists(one[0], one[1], set(one[2]))] == []


def test_the_search_finds_published_metrics(widgets: list[Widget]) -> None:
    searches = [
        row[0]["expression"]
        for widget in widgets
        for row in widget["properties"].get("metrics", [])
        if isinstance(row[0], dict) and row[0].get("expression", "").startswith("SEARCH")
    ]
    (search,) = searches
    schema, environment, name, statistic = re.fullmatch(  # type: ignore[union-attr]
        r"SEARCH\('\{([\w,]+)\} environment=\"(\w+)\" MetricName=\"(\w+)\"', '(\w+)', 300\)", search
    ).groups()
    namespace, *dimensions = schema.split(",")
    assert namespace == NAMESPACE
    assert exists(namespace, name, set(dimensions))
    assert (environment, statistic) == ("prod", "Sum")


def test_expressions_read_metrics_of_their_graph(widgets: list[Widget]) -> None:
    for widget in widgets:
        rows = widget["properties"].get("metrics", [])
        ids = {row[-1]["id"] for row in rows if isinstance(row[-1], dict) and "id" in row[-1]}
        for row in rows:
            if isinstance(row[0], dict) and not row[0]["expression"].startswith("SEARCH"):
                read = set(re.findall(r"\b[a-z]\w*", row[0]["expression"]))
                assert read <= ids, row[0]["expression"]


def test_a_dashboard_belongs_to_its_stack(stack: Synthesized) -> None:
    assert stack.template.one("AWS::CloudWatch::Dashboard").properties["DashboardName"] == stack.stack_name
    found = list(shown(body(stack.template)["widgets"]))
    environments = {dimensions["environment"] for namespace, _, dimensions in found if namespace == NAMESPACE}
    assert environments == {stack.environment.name}


def test_the_dashboard_has_its_questions_and_all_alarms(prod: Template, widgets: list[Widget]) -> None:
    titles = [widget["properties"].get("title", "") for widget in widgets]
    questions = [title.split("?")[0] for title in titles if "?" in title]
    assert questions == ["Is it up", "Is it slow", "What does it cost"]
    assert "What is rejected, and why: refusals by code" in titles
    (status,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    assert len(status) == len(prod.all("AWS::CloudWatch::Alarm"))


def test_the_widgets_fill_the_grid_without_overlap(widgets: list[Widget]) -> None:
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells)) == 24 * (1 + max(y for _, y in cells))
