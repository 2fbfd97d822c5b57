"""The calls of an ingest, read from its trace through X-Ray's API."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from benchmarks.latency.measures import Traced
from local.critical_path import Call, calls_of
from local.deployed import Deployed

_FUNCTION: Final = "AWS::Lambda::Function"

WORK: Final = "work"
MIN_WORK_SECONDS: Final = 0.005
"""Shorter work is left out."""


def traced(stack: Deployed, trace_id: str) -> Traced:
    """Return the calls of a request. Raises ValueError if X-Ray has no such trace."""
    (trace,) = stack.clients.client("xray").batch_get_traces(TraceIds=[trace_id])["Traces"]
    return read(sorted((json.loads(part["Document"]) for part in trace["Segments"]), key=lambda one: one["start_time"]))


def read(segments: Sequence[Mapping[str, Any]]) -> Traced:
    """Return the calls in a trace's segments, the first of which is the request's."""
    functions = [segment for segment in segments if segment.get("origin") == _FUNCTION]
    return Traced(
        request=_as_call(segments[0], segments[0]["name"]),
        invocations=[_as_call(segment, _step(segment)) for segment in functions],
        calls=calls_of(segments),
        work=[work for segment in functions for work in _work(segment, segment["name"])],
    )


def _work(part: Mapping[str, Any], caller: str) -> Iterator[Call]:
    """Yield the innermost subsegments that are no calls."""
    inner = part.get("subsegments", [])
    if not inner and part.get("namespace") != "aws" and "end_time" in part:
        work = Call(WORK, str(part["name"]), part["start_time"], part["end_time"], caller)
        if work.seconds >= MIN_WORK_SECONDS:
            yield work
    for child in inner:
        yield from _work(child, caller)


def _step(segment: Mapping[str, Any]) -> str:
    """Return the name that the function gives its own subsegment."""
    return next((str(part["name"]) for part in segment.get("subsegments", [])), str(segment["name"]))


def _as_call(segment: Mapping[str, Any], name: str) -> Call:
    return Call("lambda", name, segment["start_time"], segment["end_time"], segment["name"])
