"""Traces and log lines of an ingest, and what the logs say about a fault."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest

from local.smoke import tracing
from local.smoke.context import JPEG, Context, Sent
from local.smoke.differences import Difference, NotApplicable
from local.smoke.pictures import Picture
from tests.unit.local.smoke.apis import context_with

ROOT = "1-67891233-abcdef012345678912345678"
FAULT = {"level": "ERROR", "step": "previews", "fault": "AccessDenied", "operation": "PutObject", "execution": "id"}
FAILURE = {
    "type": "TaskFailed",
    "details": {"resource": "arn:Validate", "error": "Lambda.AWSLambdaException", "cause": "not authorized"},
}


class Logs:
    """CloudWatch Logs with these messages in each group."""

    def __init__(self, messages: Sequence[str]) -> None:
        self._messages = messages

    def get_paginator(self, _operation: str) -> "Logs":
        """The only paginator."""
        return self

    def paginate(self, **query: Any) -> Iterator[Mapping[str, Any]]:
        """One page."""
        assert query["filterPattern"] == '"id"'
        yield {"events": [{"message": message} for message in self._messages]}


class XRay:
    """X-Ray with one trace."""

    def __init__(self, segments: Sequence[Mapping[str, Any]]) -> None:
        self._segments = segments

    def batch_get_traces(self, **query: Any) -> Mapping[str, Any]:
        """The trace."""
        assert query == {"TraceIds": [ROOT]}
        return {"Traces": [{"Segments": [{"Document": json.dumps(segment)} for segment in self._segments]}]}


def context(clients: Mapping[str, Any], **knobs: object) -> Context:
    """A run whose JPEG was ingested."""
    made = context_with(lambda _request: httpx.Response(500), clients, **knobs)
    made.sent[JPEG] = Sent("photo", Picture(JPEG, b"", 1, 1, {}), "https://s3.example", "id", ROOT, {})
    made.resources = {"AWS::Logs::LogGroup": ["group"]}
    return made


def step_segment(step: str) -> Mapping[str, Any]:
    """A function's segment with the annotations of its step."""
    return {"origin": "AWS::Lambda::Function", "subsegments": [{"name": step, "annotations": {"step": step}}]}


SEGMENTS = [
    {"origin": "AWS::ApiGateway::Stage"},
    {"origin": "AWS::StepFunctions::StateMachine"},
    {"origin": "AWS::Lambda"},
    *map(step_segment, ("validate", "previews", "promote", "persist")),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing."""
    monkeypatch.setattr(tracing, "_WAIT_SECONDS", 0)


def test_complete_trace_is_no_difference() -> None:
    tracing.trace(context({"xray": XRay(SEGMENTS)}))


def test_missing_segments_are_named() -> None:
    with pytest.raises(Difference, match=f"{ROOT} has no segment of AWS::StepFunctions::StateMachine, persist$"):
        tracing.trace(context({"xray": XRay([SEGMENTS[0], *SEGMENTS[2:6]])}))


def test_trace_does_not_apply_without_tracing() -> None:
    with pytest.raises(NotApplicable, match="tracing is off"):
        tracing.trace(context({}, tracing=False))


def test_each_step_has_a_log_line() -> None:
    lines = [json.dumps({"step": step, "execution": "id"}) for step in ("validate", "previews", "promote", "persist")]
    tracing.log_lines(context({"logs": Logs(["START RequestId: id", *lines])}))
    with pytest.raises(Difference, match="no log line of persist has the request id id"):
        tracing.log_lines(context({"logs": Logs(lines[:3])}))


def test_log_lines_do_not_apply_if_successes_are_not_logged() -> None:
    with pytest.raises(NotApplicable, match="log_level is ERROR"):
        tracing.log_lines(context({}, log_level="ERROR"))


def test_fault_is_explained_by_the_step_and_the_operation() -> None:
    lines = [json.dumps(line) for line in (FAULT, FAULT, FAILURE)]
    assert tracing.explain(context({"logs": Logs(lines)}), "id") == ["previews got AccessDenied from PutObject"]


def test_fault_without_a_line_of_a_function_is_explained_by_the_execution() -> None:
    assert tracing.explain(context({"logs": Logs([json.dumps(FAILURE)])}), "id") == [
        "the execution: arn:Validate Lambda.AWSLambdaException not authorized"
    ]


def test_header_of_a_traced_request_has_the_format_of_x_ray() -> None:
    root = tracing.new_root()
    assert len(root) == len(ROOT)
    assert tracing.sampled(root) == {"X-Amzn-Trace-Id": f"Root={root};Sampled=1"}
