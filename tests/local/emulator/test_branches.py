"""The histories of Map and Parallel states, read through the Step Functions API."""

import json
from typing import Any

import pytest

from local.deploy import Target
from local.emulator.executions import visits

IS_LARGE = {"Variable": "$", "NumericGreaterThan": 1}


@pytest.fixture
def history(target: Target, outputs: dict[str, str], request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """All events of one execution of the test's definition."""
    client = target.client("stepfunctions")
    definition = json.dumps(request.param)
    role = client.describe_state_machine(stateMachineArn=outputs["MachineArn"])["roleArn"]
    machine = client.create_state_machine(name="branches", definition=definition, roleArn=role)
    execution = client.start_sync_execution(stateMachineArn=machine["stateMachineArn"], input="[1, 2]")
    events: list[dict[str, Any]] = client.get_execution_history(executionArn=execution["executionArn"])["events"]
    client.delete_state_machine(stateMachineArn=machine["stateMachineArn"])
    return [event | {"timestamp": event["timestamp"].isoformat()} for event in events]


def visited(history: list[dict[str, Any]], status: str) -> list[tuple[str, str, str, str | None]]:
    """Return each visit's state, input, outcome and next state, sorted because branches are concurrent."""
    found = visits({"events": history, "status": status, "stopDate": None})
    return sorted((visit["name"], json.dumps(visit["input"]), visit["outcome"], visit["next"]) for visit in found)


@pytest.mark.parametrize(
    "history",
    [
        {
            "StartAt": "Each",
            "States": {
                "Each": {
                    "Type": "Map",
                    "ItemProcessor": {
                        "StartAt": "Large?",
                        "States": {
                            "Large?": {"Type": "Choice", "Choices": [IS_LARGE | {"Next": "Large"}], "Default": "Small"},
                            "Large": {"Type": "Pass", "End": True},
                            "Small": {"Type": "Succeed"},
                        },
                    },
                    "End": True,
                }
            },
        }
    ],
    indirect=True,
)
def test_each_map_item_has_its_own_visits(history: list[dict[str, Any]]) -> None:
    assert sorted(event["id"] for event in history) == list(range(1, len(history) + 1))
    each, *inner = visited(history, "SUCCEEDED")
    assert each[:3] == ("Each", "[1, 2]", "succeeded")
    assert inner == [
        ("Large", "2", "succeeded", None),
        ("Large?", "1", "succeeded", "Small"),
        ("Large?", "2", "succeeded", "Large"),
        ("Small", "1", "succeeded", None),
    ]


@pytest.mark.parametrize(
    "history",
    [
        {
            "StartAt": "Both",
            "States": {
                "Both": {
                    "Type": "Parallel",
                    "Branches": [
                        {"StartAt": "Good", "States": {"Good": {"Type": "Pass", "End": True}}},
                        {"StartAt": "Bad", "States": {"Bad": {"Type": "Fail", "Error": "Broken"}}},
                    ],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
                    "End": True,
                },
                "Caught": {"Type": "Succeed"},
            },
        }
    ],
    indirect=True,
)
def test_failed_branch_is_shown_by_its_state(history: list[dict[str, Any]]) -> None:
    assert [(name, outcome) for name, _, outcome, _ in visited(history, "SUCCEEDED")] == [
        ("Bad", "failed"),
        ("Both", "succeeded"),
        ("Caught", "succeeded"),
        ("Good", "succeeded"),
    ]
