"""The boto3 session that a function's clients and presigner share, and the names of AWS errors for log lines."""

from functools import cache
from typing import Any

from boto3 import Session
from botocore.exceptions import ClientError


@cache
def session() -> Session:
    """The session, created on first use so that importing a module has no side effects.

    The exceptions of its clients name the failed operation and the error code only. S3's error messages contain the
    object key and botocore's own errors the URL, and Lambda writes an uncaught exception to the log. The hooks for this
    have no state, because threads share a client.
    """
    created = Session()
    created.events.register("after-call", _withhold_message)
    created.events.register("after-call-error", _withhold_url)
    return created


def fault_of(error: Exception) -> dict[str, str]:
    """Log fields for an exception: AWS's error code and the operation, or the exception's class."""
    if isinstance(error, ClientError):
        return {"fault": error.response["Error"]["Code"], "operation": error.operation_name}
    return {"fault": type(error).__name__}


def _withhold_message(parsed: dict[str, Any], **_: Any) -> None:
    """Called before botocore raises ClientError for an error response."""
    if "Error" in parsed:
        parsed["Error"]["Message"] = "(withheld, it may name an object)"


def _withhold_url(exception: Exception, **_: Any) -> None:
    """Called before botocore raises the exception of a call without a response."""
    exception.args = (type(exception).__name__,)
    exception.__cause__ = None  # A traceback also prints the cause, which can contain the URL.
