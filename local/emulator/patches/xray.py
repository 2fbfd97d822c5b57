"""X-Ray: a daemon for the functions' segment documents, the traces, and the two API calls that read them.

Gap: MiniStack has no X-Ray. Documents of `aws-xray-sdk` are lost, `aws xray batch-get-traces` fails with "Unsupported
service", and a template with a sampling rule is refused.
Closed upstream when `aws xray get-trace-summaries` shows a request without this module.
"""

import json
import logging
import os
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from local.emulator.wrapping import require, wrap

logger = logging.getLogger(__name__)

Document = dict[str, Any]
"""A segment or a subsegment (X-Ray developer guide, "X-Ray segment documents")."""

MAX_TRACES: Final = 500
MAX_AGE_SECONDS: Final = 6 * 3600
"""Traces are kept in memory, for the developer. AWS keeps them for 30 days."""

MAX_DOCUMENTS: Final = 5000
"""Per trace; further documents are dropped."""

_HOST: Final = "127.0.0.1"
_DATAGRAM_BYTES: Final = 64 * 1024
_HEADER: Final = {"format": "json", "version": 1}
_TERM: Final = re.compile(r'\s*annotation(?:\.(\w+)|\[(\w+)\])\s*=\s*"([^"]*)"\s*(AND|OR|$)', re.IGNORECASE)
_FLAGS: Final = ("fault", "error", "throttle")
_KINDS: Final[Mapping[type, str]] = {str: "StringValue", bool: "BooleanValue", int: "NumberValue", float: "NumberValue"}
_NESTED: Final = frozenset({"type", "trace_id", "parent_id"})


class Traces:
    """The documents of the newest traces by root. Thread-safe.

    They are stored as JSON, which takes a tenth of the memory of its dictionaries.
    """

    def __init__(self, max_traces: int = MAX_TRACES, max_documents: int = MAX_DOCUMENTS) -> None:
        self._lock = threading.Lock()
        self._traces: dict[str, dict[str, bytes]] = {}
        self._max_traces = max_traces
        self._max_documents = max_documents

    def put(self, document: Document) -> None:
        """Store a document; it replaces an earlier one with its id."""
        with self._lock:
            documents = self._traces.setdefault(document["trace_id"], {})
            if document["id"] in documents or len(documents) < self._max_documents:
                documents[document["id"]] = json.dumps(document).encode()
            while len(self._traces) > self._max_traces:
                del self._traces[next(iter(self._traces))]

    def delete_before(self, time_seconds: float) -> None:
        """Delete the traces that started before a time (epoch seconds), by the time in their root."""
        with self._lock:
            for root in [root for root in self._traces if int(root.split("-")[1], 16) < time_seconds]:
                del self._traces[root]

    def state(self) -> dict[str, dict[str, Document]]:
        """Return all documents by root and id."""
        with self._lock:
            found = {root: dict(documents) for root, documents in self._traces.items()}
        return {root: {name: json.loads(text) for name, text in texts.items()} for root, texts in found.items()}

    def roots(self) -> list[str]:
        """Return all roots, oldest first."""
        with self._lock:
            return list(self._traces)

    def segments(self, root: str) -> list[Document]:
        """Return a trace's segments with nested subsegments, both in the order of their start."""
        with self._lock:
            texts = list(self._traces.get(root, {}).values())
        return nested([json.loads(text) for text in texts])


def nested(documents: list[Document]) -> list[Document]:
    """Nest the subsegments that were sent as separate documents."""
    by_id = {document["id"]: document for whole in documents for document in walk(whole)}
    top = []
    for document in documents:
        parent = by_id.get(document.get("parent_id", ""))
        if document.get("type") == "subsegment" and parent is not None:
            parent.setdefault("subsegments", []).append(document)
        else:
            top.append(document)
    for document in by_id.values():
        for child in document.get("subsegments", []):
            for name in _NESTED & child.keys():
                del child[name]
        document.get("subsegments", []).sort(key=_began)
    return sorted(top, key=_began)


def walk(document: Document) -> Iterator[Document]:
    """Yield a document and all its nested subsegments."""
    yield document
    for child in document.get("subsegments", []):
        yield from walk(child)


def _began(document: Document) -> float:
    return float(document["start_time"])


def _ended(document: Document) -> float:
    return float(document["end_time" if "end_time" in document else "start_time"])


class Daemon:
    """The X-Ray daemon: a UDP port on loopback, read by a thread."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((_HOST, 0))
        self._socket.setblocking(False)
        self._reading = threading.Lock()

    @property
    def address(self) -> str:
        """The value for `AWS_XRAY_DAEMON_ADDRESS`."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def start(self) -> None:
        """Start reading in the background."""
        threading.Thread(target=self._run, name="photosky-xray", daemon=True).start()

    def read(self) -> None:
        """Read everything that was sent until now; on loopback, it has arrived."""
        with self._reading:
            while True:
                try:
                    data = self._socket.recv(_DATAGRAM_BYTES)
                except BlockingIOError:
                    return
                self._store(data)

    def _run(self) -> None:
        while True:
            select.select([self._socket], [], [])
            self.read()

    def _store(self, data: bytes) -> None:
        header, _, body = data.partition(b"\n")
        try:
            if json.loads(header) != _HEADER:
                raise ValueError(f"the header is {header!r}")  # noqa: TRY301 - handled as json's errors
            document = json.loads(body)
            self._traces.put(document)
            for notify in on_document:
                notify(document)
        except (ValueError, KeyError):
            logger.exception("The X-Ray daemon received an invalid document")


traces: Final = Traces()
on_document: list[Callable[[Document], None]] = []
"""What is called with each new document."""

_daemon: Daemon | None = None


def segments(root: str) -> list[Document]:
    """Return a trace's segments, including those sent until now; empty for an unknown root."""
    if _daemon is not None:
        _daemon.read()
    return traces.segments(root)


def get_state() -> dict[str, Any]:
    """Return the traces, as MiniStack's services return their state."""
    return {"traces": traces.state()}


def restore(path: Path) -> None:
    """Restore what `get_state` returned, from a state file in MiniStack's format, if it exists."""
    if path.exists():
        for documents in json.loads(path.read_text())["payload"]["traces"].values():
            for document in documents.values():
                traces.put(document)


# --- The API --------------------------------------------------------------------------------------------------------


async def handle_request(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
) -> tuple[int, dict[str, str], bytes]:
    """Handle `BatchGetTraces`, and `GetTraceSummaries` with filters on annotations."""
    del headers, query_params
    asked = json.loads(body or b"{}")
    if (method, path) == ("POST", "/Traces"):
        return _response(200, batch_get_traces(asked))
    if (method, path) == ("POST", "/TraceSummaries"):
        try:
            return _response(200, get_trace_summaries(asked))
        except ValueError as error:
            return _response(400, {"__type": "InvalidRequestException", "Message": str(error)})
    return _response(
        400, {"__type": "InvalidRequestException", "Message": f"The emulator does not support X-Ray's {method} {path}"}
    )


def _response(status: int, document: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()


def batch_get_traces(asked: Mapping[str, Any]) -> Document:
    """Return the traces of the given ids, with each segment as a JSON text."""
    found = {root: segments(root) for root in asked["TraceIds"]}
    return {
        "Traces": [
            {
                "Id": root,
                "Duration": _duration(documents),
                "LimitExceeded": False,
                "Segments": [{"Id": document["id"], "Document": json.dumps(document)} for document in documents],
            }
            for root, documents in found.items()
            if documents
        ],
        "UnprocessedTraceIds": [root for root, documents in found.items() if not documents],
    }


def get_trace_summaries(asked: Mapping[str, Any]) -> Document:
    """Return the traces of a period that match the filter, newest first. Raises ValueError for another filter."""
    matches = filter_of(asked.get("FilterExpression") or "")
    roots = traces.roots()[::-1]
    summaries = []
    for root in roots:
        documents = segments(root)
        if asked["StartTime"] <= documents[0]["start_time"] <= asked["EndTime"]:
            annotations = annotations_of(documents)
            if matches(annotations):
                summaries.append(_summary(root, documents, annotations))
    return {"TraceSummaries": summaries, "TracesProcessedCount": len(roots), "ApproximateTime": time.time()}


def filter_of(expression: str) -> Callable[[Mapping[str, set[Any]]], bool]:
    """Parse a filter on annotations: `annotation.a = "x" AND annotation.b = "y" OR …`, where AND binds closer than OR.

    Raises ValueError for X-Ray's other filters.
    """
    if not expression.strip():
        return lambda _annotations: True
    alternatives: list[list[tuple[str, str]]] = [[]]
    position, joined = 0, "OR"
    while joined:
        term = _TERM.match(expression, position)
        if term is None:
            raise ValueError(f'only annotations can be compared, as annotation.photo_id = "…": {expression}')
        alternatives[-1].append((term[1] or term[2], term[3]))
        position, joined = term.end(), term[4].upper()
        if joined == "OR":
            alternatives.append([])
    return lambda annotations: any(
        all(value in annotations.get(key, ()) for key, value in terms) for terms in alternatives
    )


def annotations_of(documents: list[Document]) -> dict[str, set[Any]]:
    """Return all values of each annotation in a trace."""
    found: dict[str, set[Any]] = {}
    for document in documents:
        for part in walk(document):
            for key, value in part.get("annotations", {}).items():
                found.setdefault(key, set()).add(value)
    return found


def _duration(documents: list[Document]) -> float:
    parts = [part for document in documents for part in walk(document)]
    return max(map(_ended, parts), default=0.0) - min(map(_began, parts), default=0.0)


def _summary(root: str, documents: list[Document], annotations: Mapping[str, set[Any]]) -> Document:
    first = documents[0]
    request, response = first.get("http", {}).get("request", {}), first.get("http", {}).get("response", {})
    flags = {flag: any(part.get(flag, False) for whole in documents for part in walk(whole)) for flag in _FLAGS}
    return {
        "Id": root,
        "StartTime": first["start_time"],
        "Duration": _duration(documents),
        "ResponseTime": _ended(first) - _began(first),
        "HasFault": flags["fault"],
        "HasError": flags["error"],
        "HasThrottle": flags["throttle"],
        "IsPartial": any(document.get("in_progress", False) for document in documents),
        "Http": {
            "HttpURL": request.get("url"),
            "HttpMethod": request.get("method"),
            "HttpStatus": response.get("status"),
        },
        "Annotations": {
            key: [{"AnnotationValue": {_KINDS[type(value)]: value}} for value in sorted(values, key=str)]
            for key, values in annotations.items()
        },
    }


def _make_rule(_logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
    """Accept a template's sampling rule, which has no effect: the emulator traces every request."""
    return str(properties["SamplingRule"]["RuleName"]), {}


def _delete_rule(_name: str, _properties: Mapping[str, Any]) -> None:
    """Do nothing; the rule has no state."""


def _known(original: Callable[..., Any]) -> Callable[..., Any]:
    """Know X-Ray. For the name of a service that is not its own, MiniStack parses all models of botocore for 2 s."""

    def is_service(scope_name: str) -> bool:
        return scope_name == "xray" or bool(original(scope_name))

    return is_service


def install() -> None:
    """Add X-Ray's API to MiniStack's, and start the daemon whose address the functions inherit."""
    global _daemon
    require("app", "SERVICE_HANDLERS")["xray"] = handle_request
    wrap("core.router", "_is_aws_service_name", "scope_name", _known)
    types = require("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
    types["AWS::XRay::SamplingRule"] = {"create": _make_rule, "delete": _delete_rule}
    _daemon = Daemon(traces)
    _daemon.start()
    os.environ["AWS_XRAY_DAEMON_ADDRESS"] = _daemon.address
