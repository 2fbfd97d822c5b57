"""Diagrams of any state machine: loops, Maps and several machines."""

import copy
import json
import xml.etree.ElementTree as ET
from typing import Any, Final

import pytest

from diagrams import architecture, machine
from diagrams.reading import condition
from diagrams.synthesis import Template

RETRY: Final = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 3}]
WALK: Final[dict[str, Any]] = {
    "StartAt": "Plan",
    "States": {
        "Plan": {"Type": "Task", "TimeoutSeconds": 60, "Retry": RETRY, "Next": "Is there work?"},
        "Is there work?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.plan.photos[0]", "IsPresent": True, "Next": "Walk"},
                {"Variable": "$.plan.more", "BooleanEquals": True, "Next": "Plan"},
                {"Variable": "$.plan.report.faults", "NumericGreaterThan": 0, "Next": "Incomplete"},
            ],
            "Default": "Done",
        },
        "Walk": {
            "Type": "Map",
            "MaxConcurrency": 40,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "Renew",
                "States": {
                    "Renew": {"Type": "Task", "TimeoutSeconds": 30, "Catch": [{"Next": "Broken"}], "End": True},
                    "Broken": {"Type": "Pass", "End": True},
                },
            },
            "Next": "Plan",
        },
        "Done": {"Type": "Succeed", "OutputPath": "$.plan.report"},
        "Incomplete": {"Type": "Fail", "Error": "Incomplete"},
    },
}


def drawn(definition: dict[str, Any]) -> ET.Element:
    """Draw a Standard state machine `Walks` with this definition."""
    walks = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Metadata": {"aws:cdk:path": "PhotoSky-test/Walks/Resource"},
        "Properties": {"StateMachineType": "STANDARD", "DefinitionString": json.dumps(definition)},
    }
    return ET.fromstring(machine.draw(Template({"Resources": {"Walks": walks}}), "Walks"))  # noqa: S314 - our own text


def places(picture: ET.Element) -> dict[str, tuple[float, float]]:
    """Return the position of each text."""
    texts = (element for element in picture if element.tag.endswith("text"))
    return {element.text or "": (float(element.get("x", 0)), float(element.get("y", 0))) for element in texts}


def test_a_loop_and_its_map_are_drawn() -> None:
    found = places(drawn(WALK))
    states = {*WALK["States"], *WALK["States"]["Walk"]["ItemProcessor"]["States"]}
    outcomes = {"photos", "more", "faults > 0", "otherwise"}
    notes = {"The walks workflow", "DISTRIBUTED MAP", "40 at once, Express each", "60 s, 3 retries", "with the report"}
    assert states | outcomes | notes | {"start"} <= set(found)


def test_the_states_of_a_map_are_inside_it() -> None:
    picture = drawn(WALK)
    (dashed,) = (e for e in picture if e.tag.endswith("rect") and e.get("stroke-dasharray"))
    left, top, width, height = (float(dashed.get(name, 0)) for name in ("x", "y", "width", "height"))
    found = places(picture)
    inside = {name for name, (x, y) in found.items() if left < x < left + width and top < y < top + height}
    assert {"Walk", "Renew", "Broken"} <= inside
    assert inside.isdisjoint({"Plan", "Is there work?", "Done", "Incomplete"})


def test_the_branches_of_a_parallel_state_are_next_to_each_other_inside_it() -> None:
    branches = [
        {
            "StartAt": name,
            "States": {
                name: {"Type": "Task", "TimeoutSeconds": 3, "Catch": [{"Next": f"No {name}"}], "End": True},
                f"No {name}": {"Type": "Pass", "Parameters": {"outcome": "fault"}, "End": True},
            },
        }
        for name in ("Left", "Right")
    ]
    states = {"Both": {"Type": "Parallel", "Branches": branches, "Next": "Done"}, "Done": {"Type": "Succeed"}}
    picture = drawn({"StartAt": "Both", "States": states})
    (dashed,) = (e for e in picture if e.tag.endswith("rect") and e.get("stroke-dasharray"))
    left, top, width, height = (float(dashed.get(name, 0)) for name in ("x", "y", "width", "height"))
    found = places(picture)
    inside = {name for name, (x, y) in found.items() if left < x < left + width and top < y < top + height}
    assert {"PARALLEL", "Both", "2 branches, all end", "Left", "No Left", "Right", "outcome: fault"} <= inside
    assert found["Left"][0] < found["Right"][0] < found["Done"][0]
    assert found["Left"][1] == found["Right"][1] < found["No Left"][1] == found["No Right"][1]


def test_everything_is_inside_the_picture() -> None:
    picture = drawn(WALK)
    _, _, width, height = (float(number) for number in str(picture.get("viewBox")).split())
    assert all(0 <= x < width and 0 <= y < height for x, y in places(picture).values())


def test_an_unknown_state_type_or_condition_raises() -> None:
    waits = copy.deepcopy(WALK)
    waits["States"]["Done"] = {"Type": "Wait", "Seconds": 3}
    with pytest.raises((KeyError, NotImplementedError), match="Wait"):
        drawn(waits)
    with pytest.raises(NotImplementedError):
        condition({"Variable": "$.a", "TimestampEquals": "2026-11-24T00:00:00Z"})


def test_the_architecture_shows_every_machine_and_its_permissions(prod: Template) -> None:
    """A state machine that no route starts has its frame below the others and above the scheduled functions."""
    document = copy.deepcopy(dict(prod.document))
    reconcile = next(f for f in prod.all("AWS::Lambda::Function") if f.name == "Reconcile")
    renew = {**reconcile.document, "Metadata": {"aws:cdk:path": "PhotoSky-prod/Renew/Resource"}}
    definition = copy.deepcopy(WALK)
    definition["States"]["Plan"] = {"Type": "Pass", "Next": "Is there work?"}
    definition["States"]["Walk"]["ItemProcessor"]["States"]["Renew"]["Resource"] = "${Renew.Arn}"
    document["Resources"] |= {
        "Renew": renew,
        "Walks": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Metadata": {"aws:cdk:path": "PhotoSky-prod/Walks/Resource"},
            "Properties": {"StateMachineType": "STANDARD", "DefinitionString": json.dumps(definition)},
        },
    }
    picture = ET.fromstring(architecture.draw(Template(document)))  # noqa: S314 - our own text
    found = places(picture)
    marks = [e for e in picture if e.tag.endswith("circle") and e.get("cy") == f"{found['Renew'][1] - 12:g}"]
    assert found["Fail"][1] < found["Walks"][1] < found["Renew"][1] < found["Reconcile"][1]
    assert found["STEP FUNCTIONS STANDARD"][1] < found["Walks"][1]
    assert marks
