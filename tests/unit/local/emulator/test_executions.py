"""Executions as the trace view shows them, from MiniStack's histories with each kind of end."""

import json
from typing import Any, Final

import pytest

from local.emulator.executions import detail, milliseconds, parsed, summary, tidy, visits

MACHINE: Final[dict[str, Any]] = {
    "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:ingest",
    "name": "ingest",
    "type": "EXPRESS",
    "definition": '{"StartAt": "Validate", "States": {}}',
    "loggingConfiguration": {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:0:log-group:/ingest:*"}}],
    },
}
INPUT: Final = '{"owner_id": "o", "photo_id": "p"}'


def at(ms: int) -> str:
    """Return the timestamp of a time in milliseconds since 1970."""
    return f"1970-01-01T00:00:{ms // 1000:02}.{ms % 1000:03}Z"


class History:
    """A history with events as MiniStack writes them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.add("ExecutionStarted", 0)

    def add(self, kind: str, ms: int, details: dict[str, Any] | None = None, previous: int | None = None) -> int:
        event = {"id": len(self.events) + 1, "type": kind, "timestamp": at(ms), **(details or {})}
        self.events.append(event if previous is None else event | {"previousEventId": previous})
        return len(self.events)

    def entered(self, name: str, ms: int, kind: str = "Task", previous: int | None = None) -> int:
        return self.add(
            f"{kind}StateEntered", ms, {"stateEnteredEventDetails": {"name": name, "input": INPUT}}, previous
        )

    def exited(self, name: str, ms: int, output: str, kind: str = "Task", previous: int | None = None) -> int:
        details = {"stateExitedEventDetails": {"name": name, "output": output}}
        return self.add(f"{kind}StateExited", ms, details, previous)

    def failed(self, ms: int, error: str) -> None:
        self.add("TaskFailed", ms, {"taskFailedEventDetails": {"error": error, "cause": f"{error} happened"}})


def execution(history: History, status: str, stop_ms: int | None, **more: Any) -> dict[str, Any]:
    return {
        "executionArn": "arn:aws:states:us-east-1:000000000000:execution:ingest:e",
        "stateMachineArn": MACHINE["stateMachineArn"],
        "name": "e",
        "status": status,
        "startDate": at(0),
        "stopDate": None if stop_ms is None else at(stop_ms),
        "input": INPUT,
        "output": None,
        "events": history.events,
        **more,
    }


def visit(name: str, entered: int, exited: int | None, outcome: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "entered_ms": entered,
        "exited_ms": exited,
        "outcome": outcome,
        "next": None,
        "input": {"owner_id": "o", "photo_id": "p"},
        "output": None,
        "error": None,
        "cause": None,
        "attempts": [],
        **more,
    }


def attempt(started: int, ended: int | None, error: str | None = None) -> dict[str, Any]:
    cause = f"{error} happened" if error else None
    return {"started_ms": started, "ended_ms": ended, "error": error, "cause": cause}


def succeeded_execution() -> dict[str, Any]:
    """An execution that succeeds."""
    history = History()
    history.entered("Validate", 10)
    history.add("TaskScheduled", 11)
    history.add("TaskSucceeded", 40)
    history.exited("Validate", 41, '{"result": {"outcome": "ready"}}')
    history.entered("Succeeded", 42, "Succeed")
    history.exited("Succeeded", 42, '{"outcome": "ready"}', "Succeed")
    history.add("ExecutionSucceeded", 43)
    return execution(history, "SUCCEEDED", 43, output='{"outcome": "ready"}')


def failed_execution() -> dict[str, Any]:
    """An execution whose task fails twice and then is caught."""
    history = History()
    history.entered("Persist", 0)
    history.add("TaskScheduled", 1)
    history.failed(5, "Lambda.ServiceException")
    history.add("TaskScheduled", 900)
    history.failed(905, "KeyError")
    history.exited("Persist", 906, '{"fault": {}}')
    history.entered("Failed", 907, "Fail")
    history.add("ExecutionFailed", 908)
    return execution(history, "FAILED", 908, error="InternalError", cause="A step failed.", output='{"Error": "x"}')


def test_succeeded_execution_has_all_fields() -> None:
    succeeded = visit("Succeeded", 42, 42, "succeeded", output={"outcome": "ready"})
    validate = visit(
        "Validate",
        10,
        41,
        "succeeded",
        next="Succeeded",
        output={"result": {"outcome": "ready"}},
        attempts=[attempt(11, 40)],
    )
    assert detail(succeeded_execution(), MACHINE) == {
        "name": "e",
        "machine": "ingest",
        "type": "EXPRESS",
        "status": "SUCCEEDED",
        "owner_id": "o",
        "photo_id": "p",
        "outcome": "ready",
        "code": None,
        "detail": None,
        "started_ms": 0,
        "stopped_ms": 43,
        "duration_ms": 43,
        "arn": "arn:aws:states:us-east-1:000000000000:execution:ingest:e",
        "definition": {"StartAt": "Validate", "States": {}},
        "input": {"owner_id": "o", "photo_id": "p"},
        "output": {"outcome": "ready"},
        "error": None,
        "cause": None,
        "visits": [validate, succeeded],
        "log": {"group": "/ingest", "level": "ALL", "with_data": True},
    }


def test_summary_has_the_rejection() -> None:
    output = '{"outcome": "rejected", "code": "CorruptImage", "detail": "The file is truncated."}'
    rejected = summary(execution(History(), "SUCCEEDED", 5, output=output), MACHINE)
    assert (rejected["outcome"], rejected["code"]) == ("rejected", "CorruptImage")
    assert rejected["detail"] == "The file is truncated."


def test_failed_execution_has_its_attempts_and_caught_error() -> None:
    persist = visit(
        "Persist",
        0,
        906,
        "caught",
        next="Failed",
        output={"fault": {}},
        error="KeyError",
        cause="KeyError happened",
        attempts=[attempt(1, 5, "Lambda.ServiceException"), attempt(900, 905, "KeyError")],
    )
    failed = visit("Failed", 907, 908, "failed", error="InternalError", cause="A step failed.")
    shown = detail(failed_execution(), MACHINE)
    assert shown["visits"] == [persist, failed]
    assert (shown["status"], shown["outcome"], shown["code"], shown["output"]) == (
        "FAILED",
        None,
        "InternalError",
        None,
    )


def test_retried_error_is_not_a_caught_error() -> None:
    history = History()
    history.entered("Persist", 0)
    history.add("TaskScheduled", 1)
    history.failed(5, "Lambda.ServiceException")
    history.add("TaskScheduled", 900)
    history.add("TaskSucceeded", 910)
    history.exited("Persist", 911, "{}")
    (persist,) = visits(execution(history, "RUNNING", None))
    attempts = [attempt(1, 5, "Lambda.ServiceException"), attempt(900, 910)]
    assert persist == visit("Persist", 0, 911, "succeeded", output={}, attempts=attempts)


def test_running_execution_has_no_end() -> None:
    history = History()
    history.entered("Previews", 3)
    history.add("TaskScheduled", 4)
    running = execution(history, "RUNNING", None)
    assert visits(running) == [visit("Previews", 3, None, "running", attempts=[attempt(4, None)])]
    shown = summary(running, MACHINE)
    assert (shown["status"], shown["stopped_ms"], shown["duration_ms"]) == ("RUNNING", None, None)


@pytest.mark.parametrize(("status", "outcome"), [("TIMED_OUT", "timed_out"), ("ABORTED", "aborted")])
def test_open_visit_ends_with_the_execution(status: str, outcome: str) -> None:
    history = History()
    history.entered("Previews", 3)
    history.add("TaskScheduled", 4)
    (previews,) = visits(execution(history, status, 27_000, error="States.Timeout"))
    assert previews == visit("Previews", 3, 27_000, outcome, error="States.Timeout", attempts=[attempt(4, None)])


def test_uncaught_error_is_the_cause_of_its_visit() -> None:
    history = History()
    history.entered("List", 0)
    history.add("TaskScheduled", 1)
    history.failed(2, "States.TaskFailed")
    (task,) = visits(execution(history, "FAILED", 3, error="States.TaskFailed", cause="whole"))
    assert (task["outcome"], task["cause"]) == ("failed", "States.TaskFailed happened")


def test_visits_of_parallel_states_are_kept_apart() -> None:
    history = History()
    each = history.entered("Each", 0, "Map")
    first = history.entered("One", 1, previous=each)
    second = history.entered("One", 2, previous=each)
    second_out = history.exited("One", 3, "2", previous=second)
    history.exited("One", 4, "1", previous=first)
    last = history.exited("Each", 5, "[1, 2]", "Map", previous=each)
    history.entered("Two", 6, "Pass", previous=second_out)
    history.entered("Done", 7, "Succeed", previous=last)
    found = visits(execution(history, "RUNNING", None))
    shown = [(one["name"], one["exited_ms"], one["next"], one["output"]) for one in found]
    assert shown == [
        ("Each", 5, "Done", [1, 2]),
        ("One", 4, None, 1),
        ("One", 3, "Two", 2),
        ("Two", None, None, None),
        ("Done", None, None, None),
    ]


def test_visits_of_a_distributed_maps_children_are_included() -> None:
    parent, child = History(), History()
    parent.entered("Each", 0, "Map")
    child.entered("One", 4)
    shown = detail(execution(parent, "RUNNING", None), MACHINE, [execution(child, "FAILED", 6, error="E")])
    assert [(one["name"], one["outcome"]) for one in shown["visits"]] == [("Each", "running"), ("One", "failed")]


def test_execution_of_a_deleted_machine_is_shown() -> None:
    shown = detail(succeeded_execution(), {})
    assert (shown["machine"], shown["definition"], shown["log"]) == ("ingest", None, None)


SIGNED: Final = "http://h/k?X-Amz-Credential=AKIA%2F1&X-Amz-Date=1&X-Amz-Security-Token=t&X-Amz-Signature=abc"
HIDDEN: Final = "http://h/k?X-Amz-Credential=…&X-Amz-Date=1&X-Amz-Security-Token=…&X-Amz-Signature=…"
SIGNED_BY_KEY: Final = "http://h/k?Policy=e~J_&Signature=a-b__&Key-Pair-Id=K1&Hash-Algorithm=SHA256"
HIDDEN_BY_KEY: Final = "http://h/k?Policy=…&Signature=…&Key-Pair-Id=K1&Hash-Algorithm=SHA256"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (None, None),
        ("not JSON", "not JSON"),
        (SIGNED, HIDDEN),
        (json.dumps({"url": SIGNED, "n": 1}), {"url": HIDDEN, "n": 1}),
        (json.dumps({"url": SIGNED_BY_KEY}), {"url": HIDDEN_BY_KEY}),
        (json.dumps({"url": SIGNED_BY_KEY}).replace("&", "\\u0026"), {"url": HIDDEN_BY_KEY}),
        (json.dumps({"photo": json.dumps({"url": SIGNED})}), {"photo": f'{{"url": "{HIDDEN}"}}'}),
        (json.dumps({"url": SIGNED}).replace("&", "\\u0026"), {"url": HIDDEN}),
    ],
)
def test_signatures_of_presigned_urls_are_removed(text: str | None, value: Any) -> None:
    assert parsed(text) == value


def test_signature_in_a_cause_is_removed() -> None:
    assert (tidy(f"failed: {SIGNED} (403)"), tidy(None)) == (f"failed: {HIDDEN} (403)", None)


def test_times_are_milliseconds() -> None:
    assert (milliseconds("2026-01-02T03:04:05.678Z"), milliseconds(None)) == (1767323045678, None)
