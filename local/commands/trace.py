"""`make trace PHOTO=...`: a photo's or a request's traces as trees in the terminal, read from X-Ray's own API."""

import json
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.markup import escape
from rich.tree import Tree

from local.connection import Connection
from local.deploy import Target
from local.emulator.server import root_credentials

SEARCHED: Final = ("photo_id", "request_id", "execution")
"""The annotations that an id may be: a photo's, or a request's, which names the execution too where it is an ingest."""

_ID: Final = re.compile(r"[0-9a-f-]{36}")
_SINCE_SECONDS: Final = 6 * 3600
"""X-Ray searches six hours at once; the emulator keeps no more."""

_AT_ONCE: Final = 5
"""Traces of one BatchGetTraces (X-Ray API reference)."""

_FLAGS: Final = ("fault", "error", "throttle", "in_progress")


class TraceNotFound(Exception):
    """Nothing was traced under the id; the message is for the terminal."""


def trees(live: Connection, state: Path, identifier: str) -> list[Tree]:
    """One tree per trace in which the photo or the request occurs, oldest first. Raises TraceNotFound."""
    if not _ID.fullmatch(identifier):
        raise TraceNotFound(f"{identifier!r} is neither a photo's id nor a request's.")
    client = Target(live.endpoint_url, root_credentials(state / "root.json")).client("xray")
    found = client.get_trace_summaries(
        StartTime=time.time() - _SINCE_SECONDS,
        EndTime=time.time(),
        FilterExpression=" OR ".join(f'annotation.{name} = "{identifier}"' for name in SEARCHED),
    )
    roots = [summary["Id"] for summary in reversed(found["TraceSummaries"])]
    if not roots:
        raise TraceNotFound(f"No trace of the last {_SINCE_SECONDS // 3600} hours has {identifier}.")
    read = [client.batch_get_traces(TraceIds=roots[at : at + _AT_ONCE]) for at in range(0, len(roots), _AT_ONCE)]
    return [
        tree(trace["Id"], [json.loads(segment["Document"]) for segment in trace["Segments"]])
        for answer in read
        for trace in answer["Traces"]
    ]


def tree(root: str, segments: Iterable[Mapping[str, Any]]) -> Tree:
    """A trace with each segment below the subsegment that called it; times are milliseconds since its begin."""
    ordered = sorted(segments, key=lambda segment: float(segment["start_time"]))
    began = float(ordered[0]["start_time"])
    whole = Tree(f"[bold]{root}[/bold]  {escape(' '.join(sorted(_ids(ordered))))}")
    branches: dict[str, Tree] = {}

    def grow(branch: Tree, part: Mapping[str, Any]) -> None:
        branches[part["id"]] = branch.add(_line(part, began))
        for child in part.get("subsegments", []):
            grow(branches[part["id"]], child)

    for segment in ordered:
        grow(branches.get(segment.get("parent_id", ""), whole), segment)
    return whole


def _ids(parts: Iterable[Mapping[str, Any]]) -> set[str]:
    """What ties a trace to photo, request and execution; at its top, since every step repeats it."""
    found: set[str] = set()
    for part in parts:
        found |= {f"{name}={value}" for name, value in part.get("annotations", {}).items() if name in SEARCHED}
        found |= _ids(part.get("subsegments", []))
    return found


def _line(part: Mapping[str, Any], began: float) -> str:
    start = float(part["start_time"])
    lasted = f"{1000 * (float(part['end_time']) - start):.1f} ms" if "end_time" in part else "…"
    about = [
        part.get("origin", ""),
        part.get("aws", {}).get("operation", ""),
        str(part.get("http", {}).get("response", {}).get("status", "")),
        *(f"{name}={value}" for name, value in part.get("annotations", {}).items() if name not in SEARCHED),
    ]
    flags = " ".join(flag for flag in _FLAGS if part.get(flag))
    told = " ".join(escape(text) for text in about if text)
    when = f"[cyan]{lasted}[/cyan] [dim]at {1000 * (start - began):.0f}"
    return f"{escape(part['name'])}  {when}  {told}[/dim] [red]{flags}[/red]"
