"""The deployed import state machine: states, limits, logs, and the environments that have it."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from diagrams.synthesis import Synthesized, Template
from photosky.ingests import RESPONSE_SECONDS
from photosky.originals import IN_PROGRESS_SECONDS
from tests.infrastructure.test_workflow import TRANSIENT
from tests.synthesis import synthesized

EXPRESS_SECONDS: Final = 300
"""The longest execution of an Express workflow (Step Functions guide, "Quotas related to state machine executions")."""


@pytest.fixture(scope="module")
def local() -> Template:
    return synthesized("local").template


def test_only_environments_with_source_buckets_have_it(stack: Synthesized) -> None:
    machines = {found.name for found in stack.template.all("AWS::StepFunctions::StateMachine")}
    functions = {found.address for found in stack.template.all("AWS::Lambda::Function")}
    assert ("Import" in machines) == ("Transfer" in functions) == bool(stack.environment.import_buckets)


@pytest.fixture(scope="module")
def comments() -> Mapping[str, str]:
    """The comment of each state."""
    from workflows.imports import COMMENTS  # Here and not above: it imports the CDK.

    return COMMENTS


def test_definition_of_the_state_machine(local: Template, comments: Mapping[str, str]) -> None:
    assert local.machine("Import").properties["StateMachineType"] == "STANDARD"
    assert local.definition_of("Import") == {
        "StartAt": "Import all",
        "States": {
            "Import all": {
                "Type": "Map",
                "Comment": comments["Import all"],
                "ItemReader": {
                    "Resource": "arn:${AWS::Partition}:states:::s3:listObjectsV2",
                    "Parameters": {"Bucket.$": "$.bucket", "Prefix.$": "$.prefix"},
                },
                "ItemSelector": {
                    "owner_id.$": "$.owner_id",
                    "bucket.$": "$.bucket",
                    "prefix.$": "$.prefix",
                    "key.$": "$$.Map.Item.Value.Key",
                    "size_bytes.$": "$$.Map.Item.Value.Size",
                },
                "MaxConcurrency": 40,
                "ToleratedFailurePercentage": 100,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                    "StartAt": "Transfer",
                    "States": _item_states(comments),
                },
                "ResultWriter": {
                    "Resource": "arn:${AWS::Partition}:states:::s3:putObject",
                    "Parameters": {"Bucket": "${Storage/Media}", "Prefix.$": "$.results"},
                    "WriterConfig": {"OutputType": "JSONL", "Transformation": "NONE"},
                },
                "End": True,
            }
        },
    }


def _item_states(comments: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Transfer": {
            "Type": "Task",
            "Comment": comments["Transfer"],
            "Resource": "${Transfer.Arn}",
            "TimeoutSeconds": 180,
            "Retry": [
                {
                    "ErrorEquals": TRANSIENT,
                    "IntervalSeconds": 1,
                    "MaxAttempts": 2,
                    "BackoffRate": 2,
                    "JitterStrategy": "FULL",
                }
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.fault", "Next": "Not transferred"}],
            "End": True,
        },
        "Not transferred": {
            "Type": "Pass",
            "Comment": comments["Not transferred"],
            "Parameters": {"became": "failed", "code.$": "$.fault.Error"},
            "End": True,
        },
    }


def test_transfer_has_time_for_two_ingests_and_a_wait(local: Template) -> None:
    (transfer,) = (found for found in local.all("AWS::Lambda::Function") if found.address == "Transfer")
    assert transfer.properties["Handler"] == "tasks.transfer.handler"
    assert IN_PROGRESS_SECONDS + 2 * RESPONSE_SECONDS < transfer.properties["Timeout"] == 180 < EXPRESS_SECONDS


def test_keys_of_objects_are_logged_only_with_execution_data(local: Template) -> None:
    assert local.machine("Import").properties["LoggingConfiguration"]["IncludeExecutionData"] is True
    assert synthesized("local").environment.log_execution_data
