"""Which AWS call goes wrong, and how. A plan is a value: it can be drawn, shrunk, counted and printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What becomes of a call, of who made it, and of what the service did."""

    REFUSED = "refused"
    """The service answers that it is throttled or broken; nothing is done."""
    UNREACHABLE = "unreachable"
    """No connection; nothing is done."""
    LOST = "lost"
    """It is done, and the answer never comes."""
    LATE = "late"
    """No answer comes; it is done later, whatever the caller has done since."""
    TWICE = "twice"
    """It is delivered twice; the caller sees what the second delivery was answered."""
    CRASHED = "crashed"
    """It is done, and the function dies as of `kill -9`; who waits for the function is told so."""
    KILLED = "killed"
    """It is done, and the function dies together with whatever waits for it."""
    STALLED = "stalled"
    """The function freezes before the call until who waits for it has given up; later it goes on where it was."""


MAX_ATTEMPTS: Final = 3
"""How often botocore tries, as the product's clients configure it."""

REPEATABLE: Final = (Kind.REFUSED, Kind.UNREACHABLE, Kind.LOST, Kind.LATE)
"""What botocore may try again: the call succeeds in the end, or all attempts fare the same."""


@dataclass(frozen=True)
class Fault:
    """One call's fault; `attempts` of botocore's tries meet it."""

    kind: Kind
    attempts: int = 1


EVERY_FAULT: Final = tuple(
    Fault(kind, attempts) for kind in Kind for attempts in ((1, MAX_ATTEMPTS) if kind in REPEATABLE else (1,))
)

Plan = Mapping[int, Fault]
"""The faults of one client's request, by the index of the AWS call that it, or the ingest it starts, makes."""
