"""The executions as the page's Workflow view shows them: a summary, and each visit to a state, read from the history.

On AWS, the Step Functions console shows this for Standard workflows; for Express workflows it is in their log group.
Everything but `recent` and `find` is pure. Times are milliseconds since 1970, durations milliseconds.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from local.emulator.patches import tracing
from local.emulator.patches.workflow import log_group_of
from local.emulator.wrapping import module

Event = Mapping[str, Any]
Record = Mapping[str, Any]
"""An execution or a state machine as MiniStack stores it."""

_SECRETS: Final = re.compile(
    r"((?:X-Amz-(?:Signature|Credential|Security-Token)|(?:[?&]|\\u0026)(?:Policy|Signature))=)[^&\\\"\s]+",
    re.IGNORECASE,
)
"""The secret parts of a presigned URL or of CloudFront's signed URL, however the surrounding text is escaped."""

_FAILURES: Final = {"FAILED": "failed", "TIMED_OUT": "timed_out", "ABORTED": "aborted"}
_HIDDEN: Final = "…"


MAX_RECENT: Final = 100


def recent(limit: int = MAX_RECENT) -> list[dict[str, Any]]:
    """Summarize the newest executions of all state machines, newest first, without a Distributed Map's children."""
    machines = _machines()
    started = [one for one in _executions() if "mapRunArn" not in one]
    started.sort(key=lambda one: str(one["startDate"]), reverse=True)
    return [_with_photo(summary(one, machines.get(one["stateMachineArn"], {}))) for one in started[:limit]]


def find(name: str) -> dict[str, Any] | None:
    """Return the newest execution of a name with its X-Ray trace; None if there is none."""
    executions = _executions()
    named = [one for one in executions if one["name"] == name]
    if not named:
        return None
    execution = max(named, key=lambda one: str(one["startDate"]))
    runs = {run["mapRunArn"] for run in _map_runs() if run["executionArn"] == execution["executionArn"]}
    children = [one for one in executions if one.get("mapRunArn") in runs]
    machine = _machines().get(execution["stateMachineArn"], {})
    header = execution.get("traceHeader")
    return _with_photo(detail(execution, machine, children)) | {
        "trace": tracing.trace(tracing.root_of(header)) if header else None,
        "log_groups": _log_groups(),
    }


def summary(execution: Record, machine: Record) -> dict[str, Any]:
    """Summarize an execution. `outcome` and `code` come from its output, if it has them."""
    given, result = parsed(execution.get("input")), parsed(execution.get("output"))
    succeeded = execution["status"] == "SUCCEEDED"
    started, stopped = milliseconds(execution["startDate"]), milliseconds(execution.get("stopDate"))
    return {
        "name": execution["name"],
        "machine": machine.get("name") or str(execution["stateMachineArn"]).rpartition(":")[2],
        "type": machine.get("type", "STANDARD"),
        "status": execution["status"],
        "owner_id": _at(given, "owner_id"),
        "photo_id": _at(given, "photo_id"),
        "outcome": _at(result, "outcome") if succeeded else None,
        "code": _at(result, "code") if succeeded else execution.get("error"),
        "detail": _at(result, "detail") if succeeded else execution.get("cause"),
        "started_ms": started,
        "stopped_ms": stopped,
        "duration_ms": None if started is None or stopped is None else stopped - started,
    }


def detail(execution: Record, machine: Record, children: Iterable[Record] = ()) -> dict[str, Any]:
    """Return an execution with its definition, input, output and visits to states.

    `children` are the executions that its Distributed Maps started; their visits are included.
    """
    found = visits(execution)
    items = [visits(child) for child in children]
    group, level, with_data = log_group_of(machine)
    return summary(execution, machine) | {
        "arn": execution["executionArn"],
        "definition": parsed(machine.get("definition")),
        "input": parsed(execution.get("input")),
        "output": parsed(execution.get("output")) if execution["status"] == "SUCCEEDED" else None,
        "error": execution.get("error"),
        "cause": execution.get("cause"),
        "visits": sorted([*found, *(visit for item in items for visit in item)], key=lambda visit: visit["entered_ms"]),
        "log": {"group": group, "level": level, "with_data": with_data} if group else None,
    }


def visits(execution: Record) -> list[dict[str, Any]]:
    """Return each visit to a state, in the order of their start, from an execution's history so far.

    A visit without an end ends with the execution and has its outcome. The outcome is `caught` if the last attempt
    failed and a Catch continued. `next` is the state that followed.
    """
    events: list[Event] = list(execution.get("events", []))
    found: dict[int, dict[str, Any]] = {}
    visit_of: dict[int, int] = {}
    """By event id: the id of the event that started its visit."""
    for event in events:
        previous = visit_of.get(event.get("previousEventId", event["id"] - 1), 0)
        began = event["type"].endswith("StateEntered")
        visit_of[event["id"]] = event["id"] if began else previous
        if began:
            found[event["id"]] = _entered(event)
            if previous in found:
                found[previous]["next"] = found[event["id"]]["name"]
        elif previous in found:
            _note(found[previous], event)
    _end(list(found.values()), execution)
    return list(found.values())


def _entered(event: Event) -> dict[str, Any]:
    details = event["stateEnteredEventDetails"]
    return {
        "name": details["name"],
        "entered_ms": milliseconds(event["timestamp"]),
        "exited_ms": None,
        "outcome": "running",
        "next": None,
        "input": parsed(details.get("input")),
        "output": None,
        "error": None,
        "cause": None,
        "attempts": [],
    }


def _note(visit: dict[str, Any], event: Event) -> None:
    """Update a visit with one of its events."""
    at = milliseconds(event["timestamp"])
    attempts: list[dict[str, Any]] = visit["attempts"]
    match event["type"]:
        case "TaskScheduled":
            attempts.append({"started_ms": at, "ended_ms": None, "error": None, "cause": None})
        case "TaskSucceeded" if attempts:
            attempts[-1]["ended_ms"] = at
        case "TaskFailed" if attempts:
            failure = event["taskFailedEventDetails"]
            attempts[-1].update(ended_ms=at, error=failure["error"], cause=tidy(failure["cause"]))
        case kind if kind.endswith("StateExited"):
            last = attempts[-1] if attempts else {"error": None, "cause": None}
            visit.update(
                exited_ms=at,
                outcome="caught" if last["error"] is not None else "succeeded",
                output=parsed(event["stateExitedEventDetails"].get("output")),
                error=last["error"],
                cause=last["cause"],
            )


def _end(found: list[dict[str, Any]], execution: Record) -> None:
    """End the open visits of an execution that has ended."""
    if execution["status"] == "RUNNING":
        return
    # A branch of a Map or a Parallel may fail in an execution that succeeds.
    outcome = _FAILURES.get(execution["status"], "failed")
    for visit in found:
        if visit["outcome"] == "running":
            last = visit["attempts"][-1] if visit["attempts"] else {"error": None, "cause": None}
            source = last if last["error"] is not None else execution
            visit.update(
                exited_ms=milliseconds(execution.get("stopDate")),
                outcome=outcome,
                error=source.get("error"),
                cause=tidy(source.get("cause")),
            )


def parsed(text: str | None) -> Any:
    """Parse a JSON text, without the signatures of presigned URLs; another text is returned as it is."""
    if text is None:
        return None
    try:
        return json.loads(_SECRETS.sub(rf"\1{_HIDDEN}", text))
    except ValueError:
        return tidy(text)


def tidy(text: str | None) -> str | None:
    """Remove the signatures of presigned URLs from a text."""
    return None if text is None else _SECRETS.sub(rf"\1{_HIDDEN}", text)


def milliseconds(timestamp: str | None) -> int | None:
    """Convert an ISO 8601 timestamp to milliseconds since 1970."""
    if timestamp is None:
        return None
    return round(datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp() * 1000)


def _at(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _with_photo(execution: dict[str, Any]) -> dict[str, Any]:
    """Add the photo's current file name and status, which are None once its record is deleted."""
    record: Mapping[str, Any] = {}
    for table in module("services.dynamodb")._tables.all_values():
        record = table["items"].get(execution["owner_id"], {}).get(execution["photo_id"]) or record
    return execution | {
        "filename": record.get("filename", {}).get("S"),
        "photo_status": record.get("status", {}).get("S"),
    }


def _log_groups() -> dict[str, str]:
    """Return each function's log group by its ARN."""
    functions = [one["config"] for one in module("services.lambda_svc")._functions.all_values()]
    return {one["FunctionArn"]: one["LoggingConfig"]["LogGroup"] for one in functions}


def _executions() -> list[Record]:
    return [one for _, one in module("services.stepfunctions")._executions.all_items()]


def _machines() -> dict[str, Record]:
    return {one["stateMachineArn"]: one for _, one in module("services.stepfunctions")._state_machines.all_items()}


def _map_runs() -> list[Record]:
    return [one for _, one in module("services.stepfunctions")._map_runs.all_items()]
