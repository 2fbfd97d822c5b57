"""How steps report: what differs from the contract, and what an environment does not have."""

import time
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

_INTERVAL_SECONDS: Final = 0.5


class Difference(Exception):
    """Raised by a step with what differs from the contract; one text per difference."""

    def __init__(self, *texts: str) -> None:
        super().__init__("\n".join(texts))
        self.texts = texts


class Fault(Difference):
    """Raised for an answer of 5xx: a defect or an outage, which the logs explain under the request's id."""

    def __init__(self, text: str, request_id: str | None) -> None:
        super().__init__(text)
        self.request_id = request_id


class NotApplicable(Exception):
    """Raised by a step for something that the environment does not have; the message says why."""


def compare(name: str, found: object, expected: object) -> list[str]:
    """Return the difference between a found and an expected value, as a list of at most one text."""
    return [] if found == expected else [f"{name} is {found!r} instead of {expected!r}"]


def report(texts: Iterable[str]) -> None:
    """Raise Difference if there is any text."""
    if found := tuple(texts):
        raise Difference(*found)


def eventually(check: Callable[[], T], seconds: float) -> T:
    """Repeat a check of what is eventually consistent until it passes. Raises its last Difference; a Fault at once."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except Fault:
            raise
        except Difference:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_INTERVAL_SECONDS)
