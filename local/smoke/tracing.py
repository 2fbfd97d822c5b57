"""Steps: the ingest's trace and log lines."""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from local.smoke.context import Context
from local.smoke.differences import Difference, NotApplicable, eventually
from workflows.steps import REGULAR

STEPS: Final = frozenset(name.lower() for name in REGULAR)
"""The steps of an ingest that makes a photo ready, as traces and log lines name them."""

_ORIGINS: Final = frozenset(
    {"AWS::ApiGateway::Stage", "AWS::StepFunctions::StateMachine", "AWS::Lambda", "AWS::Lambda::Function"}
)
"""What sends the segments of an ingest's trace."""

_WAIT_SECONDS: Final = 60
"""Traces and log lines of an invocation appear within seconds; no page of AWS states a limit."""

_MAX_FAILURE: Final = 400
"""Characters of a cause, which can be a whole error document."""

_LOGGED_LEVELS: Final = ("DEBUG", "INFO")
"""The log levels at which a successful step logs a line."""


def trace(context: Context) -> None:
    """One trace leads from the gateway through the state machine to the call of each step."""
    if not context.environment.tracing:
        raise NotApplicable("tracing is off")
    client = context.stack.clients.client("xray")
    eventually(lambda: _check_trace(client, context.jpeg.trace_id), _WAIT_SECONDS)


def log_lines(context: Context) -> None:
    """The logs of each step have a line with the request's id."""
    if context.environment.log_level not in _LOGGED_LEVELS:
        raise NotApplicable(f"log_level is {context.environment.log_level}")
    eventually(lambda: _check_log(context), _WAIT_SECONDS)


def new_root() -> str:
    """Return the id of a new trace (X-Ray developer guide, "Trace ID format")."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def sampled(root: str) -> Mapping[str, str]:
    """Return the header of a request to be traced, whatever the sampling rules say ("Tracing header")."""
    return {"X-Amzn-Trace-Id": f"Root={root};Sampled=1"}


def explain(context: Context, request_id: str) -> list[str]:
    """Return what the stack's logs say about a failed request: the step, the error and the AWS operation.

    Where no function has logged a fault, it is what the execution says: a step that could not be invoked, for example.
    """
    lines = list(lines_of(context, request_id))
    found = list(filter(None, map(_fault, lines))) or list(filter(None, map(_failure, lines)))
    return list(dict.fromkeys(found))


def lines_of(context: Context, request_id: str) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON lines in all log groups of the stack that contain an id."""
    pages = context.stack.clients.client("logs").get_paginator("filter_log_events")
    for group in context.resources["AWS::Logs::LogGroup"]:
        found = pages.paginate(
            logGroupName=group, startTime=int(context.started * 1000), filterPattern=f'"{request_id}"'
        )
        for event in (event for page in found for event in page["events"]):
            try:
                line = json.loads(event["message"])
            except ValueError:
                continue  # A line of Lambda's runtime, such as START.
            if isinstance(line, dict):
                yield line


def _fault(line: Mapping[str, Any]) -> str | None:
    """Describe a function's log line of a fault."""
    if "fault" not in line or "level" not in line:
        return None
    operation = f" from {line['operation']}" if "operation" in line else ""
    return f"{line.get('step', 'the API')} got {line['fault']}{operation}"


def _failure(line: Mapping[str, Any]) -> str | None:
    """Describe a failed event of an execution (Step Functions guide, "Using CloudWatch Logs")."""
    details = line.get("details")
    if not str(line.get("type", "")).endswith("Failed") or not isinstance(details, dict) or "error" not in details:
        return None
    parts = (details.get("resource", details.get("name")), details["error"], details.get("cause"))
    return f"the execution: {' '.join(str(part) for part in parts if part)}"[:_MAX_FAILURE]


def _check_trace(client: Any, root: str) -> None:
    traces = client.batch_get_traces(TraceIds=[root])["Traces"]
    segments = [json.loads(segment["Document"]) for found in traces for segment in found["Segments"]]
    origins = {segment.get("origin") for segment in segments}
    steps = {part.get("annotations", {}).get("step") for part in _parts(segments)}
    missing = sorted(_ORIGINS - origins) + sorted(STEPS - steps)
    if missing:
        raise Difference(f"the trace {root} has no segment of {', '.join(missing)}")


def _parts(segments: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for segment in segments:
        yield segment
        yield from _parts(segment.get("subsegments", []))


def _check_log(context: Context) -> None:
    request_id = context.jpeg.request_id
    found = {line.get("step") for line in lines_of(context, request_id) if line.get("execution") == request_id}
    if missing := sorted(STEPS - found):
        raise Difference(f"no log line of {', '.join(missing)} has the request id {request_id}")
