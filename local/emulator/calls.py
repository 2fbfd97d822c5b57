"""Calls of MiniStack's services: whether they change a snapshot, and their response if it cannot be saved."""

import urllib.parse
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from local.emulator.wrapping import require

_READS: Final = ("BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query", "Scan", "TransactGet")
_ITEM_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


def action_of(headers: Mapping[str, Any], body: Any, query_params: Mapping[str, Any]) -> str:
    """Return the name of an action of the JSON and query protocols; empty for the REST protocols."""
    target = str(headers.get("x-amz-target", ""))
    if target:
        return target.rpartition(".")[2]
    named = query_params.get("Action") or ""
    if not named and isinstance(body, bytes) and body.startswith(b"Action="):
        named = urllib.parse.parse_qs(body.decode(errors="replace"))["Action"]
    return str(named[0] if isinstance(named, list) else named)


def is_writing(service: str, action: str, method: str, path: str) -> bool:
    """Tell whether a call may change what a snapshot of its service has."""
    if action:
        return not action.startswith(_READS) and action not in _ITEM_WRITES
    if service == "s3":  # Objects are files of their own.
        return method in ("PUT", "DELETE") and "/" not in path.strip("/")
    return method not in ("GET", "HEAD", "OPTIONS") and not path.endswith("/invocations")


def problem(error: OSError) -> str:
    """Return a sentence about why the state cannot be written, and what helps."""
    where = f" ({error.filename})" if error.filename else ""
    return f"The local stack cannot write its state: {error.strerror}{where}. Free some space or make it writable."


def failure(service: str, error: OSError, *, is_query: bool) -> Any:
    """Return an error response in the protocol of a request: that of S3, the query protocol (XML), or JSON.

    The status is 507 (RFC 4918, "Insufficient Storage"): the SDKs would repeat a request after 500 for seconds.
    """
    text, status = problem(error), HTTPStatus.INSUFFICIENT_STORAGE.value
    if service == "s3":
        return require("services.s3", "_error")("InternalError", text, status)
    if is_query:
        return require("core.responses", "error_response_xml")("InternalFailure", text, status)
    return require("core.responses", "error_response_json")("InternalServerError", text, status)
