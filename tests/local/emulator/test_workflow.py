"""The patch of Step Functions, through its API and its logs."""

import json
import time
from typing import Any

from local.deploy import Target


def start(target: Target, machine_arn: str, photo_id: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = target.client("stepfunctions").start_sync_execution(
        stateMachineArn=machine_arn, input=json.dumps({"photo_id": photo_id}), **more
    )
    return answer


def test_an_execution_starts_at_once(target: Target, outputs: dict[str, str]) -> None:
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


def test_a_timed_out_execution_stays_timed_out(target: Target, outputs: dict[str, str]) -> None:
    answer = start(target, outputs["MachineArn"], "slow")
    assert (answer["status"], answer["error"], answer.get("output")) == ("TIMED_OUT", "States.Timeout", None)
    events = target.client("stepfunctions").get_execution_history(executionArn=answer["executionArn"])["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "ExecutionTimedOut",
    ]


def test_task_needs_the_state_machines_role(target: Target, outputs: dict[str, str]) -> None:
    answer = start(target, outputs["PowerlessArn"], "a")
    assert (answer["status"], answer["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert "lambda:InvokeFunction" in answer["cause"]


def test_a_failed_execution_has_a_cause_and_no_output(target: Target, outputs: dict[str, str]) -> None:
    answer = start(target, outputs["MachineArn"], "raise")
    assert (answer["error"], answer.get("output")) == ("ValueError", None)
    assert json.loads(answer["cause"])["errorMessage"] == "it broke"


def test_events_and_functions_are_in_the_logs(target: Target, outputs: dict[str, str]) -> None:
    answer = start(target, outputs["MachineArn"], "logged")
    logs = target.client("logs")

    def messages(group: str) -> list[str]:
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    events = [json.loads(message) for message in messages("/aws/vendedlogs/states/small")]
    own = [event["type"] for event in events if event["execution_arn"] == answer["executionArn"]]
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
