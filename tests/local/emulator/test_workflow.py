"""The workflow patch, tested through the Step Functions API and the logs."""

import json
import time
from typing import Any

from local.deploy import Target


def start(target: Target, machine_arn: str, photo_id: str, **more: Any) -> dict[str, Any]:
    """Run an execution to its end, and return its description."""
    response: dict[str, Any] = target.client("stepfunctions").start_sync_execution(
        stateMachineArn=machine_arn, input=json.dumps({"photo_id": photo_id}), **more
    )
    return response


def test_execution_starts_without_delay(target: Target, outputs: dict[str, str]) -> None:
    client, call = (
        target.client("stepfunctions"),
        {"stateMachineArn": outputs["MachineArn"], "input": '{"photo_id": "a"}'},
    )
    seconds = []
    for _ in range(5):
        started = time.monotonic()
        assert client.start_sync_execution(**call)["status"] == "SUCCEEDED"
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 0.15


def test_timed_out_execution_stays_timed_out(target: Target, outputs: dict[str, str]) -> None:
    execution = start(target, outputs["MachineArn"], "slow")
    assert (execution["status"], execution["error"], execution.get("output")) == ("TIMED_OUT", "States.Timeout", None)
    events = target.client("stepfunctions").get_execution_history(executionArn=execution["executionArn"])["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "ExecutionTimedOut",
    ]


def test_task_needs_permission_of_the_machines_role(target: Target, outputs: dict[str, str]) -> None:
    execution = start(target, outputs["MachineWithoutPermissionsArn"], "a")
    assert (execution["status"], execution["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert "lambda:InvokeFunction" in execution["cause"]


def test_failed_execution_has_a_cause_but_no_output(target: Target, outputs: dict[str, str]) -> None:
    execution = start(target, outputs["MachineArn"], "raise")
    assert (execution["error"], execution.get("output")) == ("ValueError", None)
    assert json.loads(execution["cause"])["errorMessage"] == "simulated fault"


def test_execution_events_and_function_output_are_logged(target: Target, outputs: dict[str, str]) -> None:
    execution = start(target, outputs["MachineArn"], "logged")
    logs = target.client("logs")

    def messages(group: str) -> list[str]:
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    events = [json.loads(message) for message in messages("/aws/vendedlogs/states/small")]
    own = [event["type"] for event in events if event["execution_arn"] == execution["executionArn"]]
    assert own == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    printed = messages(f"/aws/lambda/{outputs['TaskName']}")
    assert any(json.loads(line)["seen"] == "logged" for line in printed if line.startswith("{"))
