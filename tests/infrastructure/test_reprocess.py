"""The deployed reprocess state machine: states, limits and ends."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from diagrams.synthesis import Synthesized, Template
from photosky.store.leases import LEASE_SECONDS
from tests.infrastructure.test_workflow import TRANSIENT

RETRY: Final = [
    {"ErrorEquals": TRANSIENT, "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 2, "JitterStrategy": "FULL"}
]


@pytest.fixture(scope="module")
def definition(prod: Template) -> dict[str, Any]:
    return prod.definition_of("Reprocess")


@pytest.fixture(scope="module")
def comments() -> Mapping[str, str]:
    """The comment of each state."""
    from workflows.reprocess import COMMENTS  # Here and not above: it imports the CDK.

    return COMMENTS


def test_environments_differ_in_their_concurrency_only(stack: Synthesized, definition: dict[str, Any]) -> None:
    assert stack.template.machine("Reprocess").properties["StateMachineType"] == "STANDARD"
    own = stack.template.definition_of("Reprocess")
    assert own["States"]["Walk"].pop("MaxConcurrency") == stack.environment.reprocess_concurrency
    expected = definition["States"]["Walk"] | {}
    expected.pop("MaxConcurrency")
    assert own == definition | {"States": definition["States"] | {"Walk": expected}}


def test_plan_receives_the_state_and_selects_the_next(definition: dict[str, Any], comments: Mapping[str, str]) -> None:
    assert definition["StartAt"] == "Plan"
    assert definition["States"]["Plan"] == {
        "Type": "Task",
        "Comment": comments["Plan"],
        "Resource": "${Plan.Arn}",
        "ResultPath": "$.plan",
        "TimeoutSeconds": 60,
        "Retry": RETRY,
        "Next": "Is there work?",
    }
    assert definition["States"]["Is there work?"] == {
        "Type": "Choice",
        "Comment": comments["Is there work?"],
        "Choices": [
            {"Variable": "$.plan.photos[0]", "IsPresent": True, "Next": "Walk"},
            {"Variable": "$.plan.more", "BooleanEquals": True, "Next": "Plan"},
            {"Variable": "$.plan.report.faults", "NumericGreaterThan": 0, "Next": "Incomplete"},
        ],
        "Default": "Done",
    }


def test_a_distributed_map_isolates_the_fault_of_a_photo(
    definition: dict[str, Any], comments: Mapping[str, str]
) -> None:
    assert definition["States"]["Walk"] == {
        "Type": "Map",
        "Comment": comments["Walk"],
        "ItemsPath": "$.plan.photos",
        "MaxConcurrency": 10,
        "ToleratedFailurePercentage": 100,
        "ResultPath": "$.outcomes",
        "Next": "Plan",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "Renew",
            "States": {
                "Renew": {
                    "Type": "Task",
                    "Comment": comments["Renew"],
                    "Resource": "${Renew.Arn}",
                    "Parameters": {"owner_id.$": "$.owner_id", "photo_id.$": "$.photo_id"},
                    "ResultPath": "$",
                    "TimeoutSeconds": 30,
                    "Retry": RETRY,
                    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.fault", "Next": "Broken"}],
                    "End": True,
                },
                "Broken": {
                    "Type": "Pass",
                    "Comment": comments["Broken"],
                    "Parameters": {
                        "photo_id.$": "$.photo_id",
                        "outcome": "broken",
                        "code.$": "$.fault.Error",
                    },
                    "End": True,
                },
            },
        },
    }


def test_the_execution_ends_with_the_report(definition: dict[str, Any], comments: Mapping[str, str]) -> None:
    assert definition["States"]["Done"] == {
        "Type": "Succeed",
        "Comment": comments["Done"],
        "OutputPath": "$.plan.report",
    }
    assert definition["States"]["Incomplete"] == {
        "Type": "Fail",
        "Comment": comments["Incomplete"],
        "Error": "Incomplete",
        "CausePath": "States.JsonToString($.plan.report)",
    }


def test_the_timeout_of_renew_is_shorter_than_a_lease(prod: Template) -> None:
    (renew,) = (f for f in prod.all("AWS::Lambda::Function") if f.address == "Renew")
    assert renew.properties["Timeout"] == 30 < LEASE_SECONDS


def test_each_step_runs_its_module(prod: Template) -> None:
    handlers = {f.address: f.properties["Handler"] for f in prod.all("AWS::Lambda::Function")}
    assert (handlers["Plan"], handlers["Renew"]) == ("tasks.plan.handler", "tasks.renew.handler")
