"""The service and operation of a call to the emulator, and the size of what it transfers."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from local.emulator.calls import action_of

_OBJECT: Final[Mapping[str, str]] = {
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "PUT": "PutObject",
    "DELETE": "DeleteObject",
}
_BUCKET: Final[tuple[tuple[str, str, str], ...]] = (
    ("POST", "delete", "DeleteObjects"),
    ("GET", "versions", "ListObjectVersions"),
    ("GET", "list-type", "ListObjectsV2"),
)
"""Method, parameter and operation. Other calls without a key are a form's POST, or of the bucket itself."""

COPY_SOURCE: Final = "x-amz-copy-source"


def operation_of(
    service: str, method: str, path: str, headers: Mapping[str, Any], body: Any, query: Mapping[str, Any]
) -> str:
    """Return a call's operation, as AWS names it; its method for an operation of a REST protocol but S3's."""
    if service == "s3":
        return _s3_operation(method, path, headers, query)
    if service == "lambda" and path.endswith("/invocations"):
        return "Invoke"
    return action_of(headers, body, query) or method


def _s3_operation(method: str, path: str, headers: Mapping[str, Any], query: Mapping[str, Any]) -> str:
    _, _, key = path.strip("/").partition("/")
    if key:
        return "CopyObject" if method == "PUT" and COPY_SOURCE in headers else _OBJECT.get(method, method)
    for wanted, parameter, operation in _BUCKET:
        if method == wanted and parameter in query:
            return operation
    is_form = method == "POST" and str(headers.get("content-type", "")).startswith("multipart/form-data")
    return "PostObject" if is_form else method


def copy_source(headers: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return bucket and key of the object that a call copies; None if it copies none."""
    source = unquote(str(headers.get(COPY_SOURCE, ""))).lstrip("/").partition("?")[0]
    bucket, _, key = source.partition("/")
    return (bucket, key) if key else None
