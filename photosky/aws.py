"""The one boto3 session of a function, from which its clients and its signing credentials come."""

from functools import cache

from boto3 import Session


@cache
def session() -> Session:
    """The session, made at first use so that importing a module reaches for nothing."""
    return Session()
