"""The one boto3 session of a function, from which its clients and its signing credentials come."""

from functools import cache
from typing import Any

from boto3 import Session


@cache
def session() -> Session:
    """The session, made at first use so that importing a module reaches for nothing.

    What its clients raise says which call failed and how, and no more: S3's refusals name the object's key, botocore's
    own errors its URL, and an exception that nobody catches is printed to the log by whoever runs the function.
    """
    made = Session()
    made.events.register("after-call", _refused)
    made.events.register("after-call-error", _broken)
    return made


def _refused(parsed: dict[str, Any], **_: Any) -> None:
    """Before botocore makes a ClientError of an answer."""
    if "Error" in parsed:
        parsed["Error"]["Message"] = "(withheld, it may name an object)"


def _broken(exception: Exception, **_: Any) -> None:
    """Before a call that found no answer raises."""
    exception.args = (type(exception).__name__,)
    exception.__cause__ = None  # Neither is the cause printed then, which may hold the URL as well.
