"""Fault plans: which AWS calls of a request fail, and how. A plan is a value that can be drawn, shrunk and printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FaultKind(StrEnum):
    """The effect of a fault on the AWS call and on the function that makes it."""

    THROTTLED = "throttled"
    """The service responds with a throttling error and does not execute the call."""
    UNREACHABLE = "unreachable"
    """The connection fails; the call is not executed."""
    LOST = "lost"
    """The call is executed, but the response does not arrive."""
    DELAYED = "delayed"
    """No response arrives; the call is executed later, after the caller has continued."""
    DUPLICATED = "duplicated"
    """The call is executed twice; the caller receives the second response."""
    CRASHED = "crashed"
    """The call is executed, and the function is terminated; the function's caller receives an error."""
    KILLED = "killed"
    """The call is executed, and the function and its callers are terminated."""
    STALLED = "stalled"
    """The function is suspended before the call until its caller times out; later it continues."""


MAX_ATTEMPTS: Final = 3
"""Attempts of botocore, as configured for the clients in `photosky.aws`."""

RETRIED: Final = (FaultKind.THROTTLED, FaultKind.UNREACHABLE, FaultKind.LOST, FaultKind.DELAYED)
"""Kinds that botocore retries: the call succeeds in a later attempt, or all attempts fail."""


@dataclass(frozen=True)
class Fault:
    """A fault of one AWS call, in its first `attempts` attempts."""

    kind: FaultKind
    attempts: int = 1


ALL_FAULTS: Final = tuple(
    Fault(kind, attempts) for kind in FaultKind for attempts in ((1, MAX_ATTEMPTS) if kind in RETRIED else (1,))
)

Plan = Mapping[int, Fault]
"""The faults of a client's request, by the index of the AWS call among all calls of the request."""
