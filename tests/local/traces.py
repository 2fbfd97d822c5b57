"""Traces and log lines of the running stack."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

Aws = Callable[[str], Any]

CONCURRENT: Final = (("claim", "header"), ("describe", "upload "), ("facts", "record"), ("Previews", "Promote"))
"""Starts of the names of spans that are opened at the same time: by a function's threads, and by branches."""


class Trace:
    """A trace, as X-Ray's API returns it."""

    def __init__(self, segments: list[dict[str, Any]]) -> None:
        self.segments = segments

    def parts(self) -> Iterator[dict[str, Any]]:
        """Every segment and subsegment."""

        def walk(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
            yield part
            for child in part.get("subsegments", []):
                yield from walk(child)

        for segment in self.segments:
            yield from walk(segment)

    def annotations(self, name: str) -> dict[str, Any]:
        """The annotations of the only subsegment with this name."""
        (part,) = [part for part in self.parts() if part["name"] == name]
        return dict(part["annotations"])

    def span(self, name: str) -> tuple[float, float]:
        """Start and end of the only subsegment with this name, in seconds since the epoch."""
        (part,) = [part for part in self.parts() if part["name"] == name]
        return part["start_time"], part["end_time"]

    def shape(self) -> str:
        """The call tree: names, origins and operations. Generated names are shortened to their logical ids.

        Siblings are in the order of their start; those of one group of `CONCURRENT` in that of their names.
        """

        def lines(part: dict[str, Any], depth: int) -> Iterator[str]:
            generated = re.fullmatch(r"PhotoSky-local-(\w+?)[0-9A-F]{8}-\w+", part["name"])
            origin = part.get("origin", "").removeprefix("AWS::")
            words = [
                generated[1] if generated else part["name"],
                f"[{origin}]" if origin else "",
                part.get("aws", {}).get("operation", ""),
                *(flag for flag in ("fault", "error", "throttle", "in_progress") if part.get(flag)),
            ]
            yield "  " * depth + " ".join(word for word in words if word)
            called = [segment for segment in self.segments if segment.get("parent_id") == part["id"]]
            for child in _ordered([*part.get("subsegments", []), *called]):
                yield from lines(child, depth + 1)

        first, *_ = self.segments
        return "\n".join([*lines(first, 0), ""])


def _ordered(siblings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    starts: dict[Any, float] = {}
    groups = [next((group for group in CONCURRENT if part["name"].startswith(group)), part["id"]) for part in siblings]
    for group, part in zip(groups, siblings, strict=True):
        starts[group] = min(starts.get(group, part["start_time"]), part["start_time"])
    ordered = sorted(zip(groups, siblings, strict=True), key=lambda pair: (starts[pair[0]], pair[1]["name"]))
    return [part for _, part in ordered]


def all_traces(aws: Aws, since: float, filter_expression: str = "") -> list[Trace]:
    """The traces that began after `since`, in seconds since the epoch."""
    client = aws("xray")
    found = client.get_trace_summaries(StartTime=since, EndTime=time.time() + 1, FilterExpression=filter_expression)
    roots = [summary["Id"] for summary in found["TraceSummaries"]]
    traces = client.batch_get_traces(TraceIds=roots)["Traces"] if roots else []
    return [Trace([json.loads(segment["Document"]) for segment in trace["Segments"]]) for trace in traces]


def log_lines(aws: Aws, since: float) -> list[str]:
    """The lines of all log groups after `since`, in seconds since the epoch."""
    logs = aws("logs")
    return [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=group["logGroupName"], startTime=int(since * 1000)
        )
        for event in page["events"]
    ]
