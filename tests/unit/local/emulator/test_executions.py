"""What the trace view is told of executions: histories as MiniStack keeps them, of every kind of end."""

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
    return f"1970-01-01T00:00:{ms // 1000:02}.{ms % 1000:03}Z"


class History:
    """Writes events as MiniStack does."""

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


def good() -> dict[str, Any]:
    history = History()
    history.entered("Validate", 10)
    history.add("TaskScheduled", 11)
    history.add("TaskSucceeded", 40)
    history.exited("Validate", 41, '{"result": {"outcome": "ready"}}')
    history.entered("Answered", 42, "Succeed")
    history.exited("Answered", 42, '{"outcome": "ready"}', "Succeed")
    history.add("ExecutionSucceeded", 43)
    return execution(history, "SUCCEEDED", 43, output='{"outcome": "ready"}')


def faulted() -> dict[str, Any]:
    history = History()
    history.entered("Persist", 0)
    history.add("TaskScheduled", 1)
    history.failed(5, "Lambda.ServiceException")
    history.add("TaskScheduled", 900)
    history.failed(905, "KeyError")
    history.exited("Persist", 906, '{"fault": {}}')
    history.entered("Failed", 907, "Fail")
    history.add("ExecutionFailed", 908)
    return execution(history, "FAILED", 908, error="InternalError", cause="A step broke.", output='{"Error": "x"}')


def test_a_good_execution_in_full() -> None:
    answered = visit("Answered", 42, 42, "succeeded", output={"outcome": "ready"})
    validate = visit(
        "Validate",
        10,
        41,
        "succeeded",
        next="Answered",
        output={"result": {"outcome": "ready"}},
        attempts=[attempt(11, 40)],
    )
    assert detail(good(), MACHINE) == {
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
        "visits": [validate, answered],
        "log": {"group": "/ingest", "level": "ALL", "with_data": True},
    }


def test_a_rejection_is_told_in_the_summary() -> None:
    output = '{"outcome": "rejected", "code": "CorruptImage", "detail": "It ends too early."}'
    told = summary(execution(History(), "SUCCEEDED", 5, output=output), MACHINE)
    assert (told["outcome"], told["code"], told["detail"]) == ("rejected", "CorruptImage", "It ends too early.")


def test_a_fault_is_told_with_what_was_tried_and_caught() -> None:
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
    failed = visit("Failed", 907, 908, "failed", error="InternalError", cause="A step broke.")
    told = detail(faulted(), MACHINE)
    assert told["visits"] == [persist, failed]
    assert (told["status"], told["outcome"], told["code"], told["output"]) == ("FAILED", None, "InternalError", None)


def test_an_attempt_that_failed_before_another_succeeded_is_no_catch() -> None:
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


def test_what_runs_has_no_end_yet() -> None:
    history = History()
    history.entered("Previews", 3)
    history.add("TaskScheduled", 4)
    running = execution(history, "RUNNING", None)
    assert visits(running) == [visit("Previews", 3, None, "running", attempts=[attempt(4, None)])]
    told = summary(running, MACHINE)
    assert (told["status"], told["stopped_ms"], told["duration_ms"]) == ("RUNNING", None, None)


@pytest.mark.parametrize(("status", "outcome"), [("TIMED_OUT", "timed_out"), ("ABORTED", "aborted")])
def test_what_was_open_ends_with_the_execution(status: str, outcome: str) -> None:
    history = History()
    history.entered("Previews", 3)
    history.add("TaskScheduled", 4)
    (previews,) = visits(execution(history, status, 27_000, error="States.Timeout"))
    assert previews == visit("Previews", 3, 27_000, outcome, error="States.Timeout", attempts=[attempt(4, None)])


def test_a_task_whose_error_nobody_caught_failed_by_it() -> None:
    history = History()
    history.entered("List", 0)
    history.add("TaskScheduled", 1)
    history.failed(2, "States.TaskFailed")
    (task,) = visits(execution(history, "FAILED", 3, error="States.TaskFailed", cause="whole"))
    assert (task["outcome"], task["cause"]) == ("failed", "States.TaskFailed happened")


def test_states_that_run_side_by_side_keep_apart() -> None:
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
    told = [(one["name"], one["exited_ms"], one["next"], one["output"]) for one in found]
    assert told == [
        ("Each", 5, "Done", [1, 2]),
        ("One", 4, None, 1),
        ("One", 3, "Two", 2),
        ("Two", None, None, None),
        ("Done", None, None, None),
    ]


def test_what_a_distributed_maps_children_did_is_told_with_it() -> None:
    parent, child = History(), History()
    parent.entered("Each", 0, "Map")
    child.entered("One", 4)
    told = detail(execution(parent, "RUNNING", None), MACHINE, [execution(child, "FAILED", 6, error="E")])
    assert [(one["name"], one["outcome"]) for one in told["visits"]] == [("Each", "running"), ("One", "failed")]


def test_an_execution_outlives_its_machine() -> None:
    told = detail(good(), {})
    assert (told["machine"], told["definition"], told["log"]) == ("ingest", None, None)


SIGNED: Final = "http://h/k?X-Amz-Credential=AKIA%2F1&X-Amz-Date=1&X-Amz-Security-Token=t&X-Amz-Signature=abc"
HIDDEN: Final = "http://h/k?X-Amz-Credential=…&X-Amz-Date=1&X-Amz-Security-Token=…&X-Amz-Signature=…"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (None, None),
        ("no JSON", "no JSON"),
        (SIGNED, HIDDEN),
        (json.dumps({"url": SIGNED, "n": 1}), {"url": HIDDEN, "n": 1}),
        (json.dumps({"photo": json.dumps({"url": SIGNED})}), {"photo": f'{{"url": "{HIDDEN}"}}'}),
        (json.dumps({"url": SIGNED}).replace("&", "\\u0026"), {"url": HIDDEN}),
    ],
)
def test_signed_urls_lose_their_signatures_however_they_are_written(text: str | None, value: Any) -> None:
    assert parsed(text) == value


def test_a_cause_is_tidied_too() -> None:
    assert (tidy(f"failed: {SIGNED} (403)"), tidy(None)) == (f"failed: {HIDDEN} (403)", None)


def test_times_are_milliseconds() -> None:
    assert (milliseconds("2026-01-02T03:04:05.678Z"), milliseconds(None)) == (1767323045678, None)
