"""The one boto3 session of a function, from which its clients and its signing credentials come."""

from functools import cache

from boto3 import Session
from botocore.exceptions import ClientError


@cache
def session() -> Session:
    """The session, made at first use so that importing a module reaches for nothing."""
    return Session()


def fault_of(error: Exception) -> dict[str, str]:
    """What broke, for log lines that are searched by it: AWS's code and the operation it refused, or the class."""
    if isinstance(error, ClientError):
        return {"fault": error.response["Error"]["Code"], "operation": error.operation_name}
    return {"fault": type(error).__name__}
