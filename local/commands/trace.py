"""`make trace PHOTO=...`: print a photo's or a request's traces as trees, read through the API of X-Ray."""

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.markup import escape
from rich.tree import Tree

from local.commands import options
from local.connection import Connection
from local.deploy import Target
from local.emulator.patches.xray import MAX_AGE_SECONDS, MAX_TRACES
from local.emulator.server import root_credentials
from local.errors import CommandError
from local.progress import Progress

SEARCHED: Final = ("photo_id", "request_id", "execution")
"""The annotations that an id may be: a photo's or a request's, which names the execution as well in an ingest."""

_ID: Final = re.compile(r"[0-9a-f-]{36}")
_BATCH_SIZE: Final = 5
"""Traces of one BatchGetTraces (X-Ray API reference)."""

_FLAGS: Final = ("fault", "error", "throttle", "in_progress")


def main(arguments: Sequence[str]) -> int:
    """Print the traces of a photo or a request of the running stack."""
    parser = options.parser("trace", __doc__)
    parser.add_argument("id", nargs="?", default="", help="of a photo, or of a request (X-Request-Id)")
    given = parser.parse_args(arguments)
    progress = Progress()
    for found in trees(Connection.read(given.state), given.state, given.id):
        progress.tree(found)
    return 0


def trees(live: Connection, state: Path, identifier: str) -> list[Tree]:
    """Return one tree per trace with the photo or the request, oldest first. Raises CommandError."""
    if not identifier:
        raise CommandError("Name a photo or a request: `make trace PHOTO=…`, or REQUEST=…")
    if not _ID.fullmatch(identifier):
        raise CommandError(f"{identifier!r} is not the id of a photo or a request.")
    client = Target(live.endpoint_url, root_credentials(state / "root.json")).client("xray")
    found = client.get_trace_summaries(
        StartTime=time.time() - MAX_AGE_SECONDS,
        EndTime=time.time(),
        FilterExpression=" OR ".join(f'annotation.{name} = "{identifier}"' for name in SEARCHED),
    )
    roots = [summary["Id"] for summary in reversed(found["TraceSummaries"])]
    if not roots:
        raise CommandError(
            f"No trace has {identifier}. A running stack keeps its newest {MAX_TRACES} traces, for at most "
            f"{MAX_AGE_SECONDS // 3600} hours; a stopped one keeps none."
        )
    batches = [roots[at : at + _BATCH_SIZE] for at in range(0, len(roots), _BATCH_SIZE)]
    read = [client.batch_get_traces(TraceIds=batch) for batch in batches]
    return [
        tree(trace["Id"], [json.loads(segment["Document"]) for segment in trace["Segments"]])
        for page in read
        for trace in page["Traces"]
    ]


def tree(root: str, segments: Iterable[Mapping[str, Any]]) -> Tree:
    """Make the tree of a trace, with each segment below its caller, and milliseconds since the trace began."""
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
    """Return the ids of photo, request and execution, which every step repeats and the tree shows once."""
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
    details = " ".join(escape(text) for text in about if text)
    when = f"[cyan]{lasted}[/cyan] [dim]at {1000 * (start - began):.0f}"
    return f"{escape(part['name'])}  {when}  {details}[/dim] [red]{flags}[/red]"
