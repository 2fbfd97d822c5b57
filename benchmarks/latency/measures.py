"""What is measured of a stack, and its percentiles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.critical_path import Call


@dataclass(frozen=True)
class Sending:
    """One picture's way into a stack. `whole_seconds` is from the request for a form to the answer of the ingest."""

    ingest_seconds: float
    whole_seconds: float
    trace: str


@dataclass(frozen=True)
class Listing:
    """One answer of `GET /photos`: the time, and the bytes of the body as they were transferred."""

    seconds: float
    wire_bytes: int


@dataclass(frozen=True)
class Traced:
    """One ingest from its trace: the request, the functions, calls of S3 and DynamoDB, and work on pixels."""

    request: Call
    invocations: Sequence[Call]
    calls: Sequence[Call]
    work: Sequence[Call] = ()


@dataclass
class Measures:
    """The measurements of one stack."""

    sendings: list[Sending] = field(default_factory=list)
    traces: list[Traced] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    views: list[float] = field(default_factory=list)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that is not below `percent` of the values (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
