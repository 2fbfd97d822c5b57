"""The critical path of a trace: the longest chain of AWS calls, each of which starts after the former has ended.

The segments are X-Ray's segment documents with nested subsegments, as BatchGetTraces returns them, on AWS as well.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DATA_SERVICES: Final = frozenset({"dynamodb", "s3"})
"""Names that the X-Ray SDK gives to the calls of S3 and DynamoDB."""

Segment = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of an AWS service; times in seconds since 1970. `caller` is the name of its segment of the trace."""

    service: str
    operation: str
    started: float
    ended: float
    caller: str = ""

    @property
    def seconds(self) -> float:
        """The duration."""
        return self.ended - self.started


def calls_of(segments: Iterable[Segment], services: frozenset[str] = DATA_SERVICES) -> list[Call]:
    """Return the calls of these services in a trace, in the order of their start. Calls in progress are left out."""
    found = [
        Call(
            service=part["name"].lower(),
            operation=part.get("aws", {}).get("operation", ""),
            started=part["start_time"],
            ended=part["end_time"],
            caller=segment["name"],
        )
        for segment in segments
        for part in _walk(segment)
        if part.get("namespace") == "aws" and part["name"].lower() in services and "end_time" in part
    ]
    return sorted(found, key=lambda call: (call.started, call.ended))


def longest_chain(calls: Iterable[Call]) -> list[Call]:
    """Return the chain with the most calls; of several, one that lasts longest."""
    return _heaviest(calls, lambda call: (1, call.seconds))


def critical_path(calls: Iterable[Call]) -> list[Call]:
    """Return the chain whose calls last longest together: what faster or fewer calls would shorten."""
    return _heaviest(calls, lambda call: (call.seconds, 1))


def _walk(part: Segment) -> Iterator[Segment]:
    yield part
    for child in part.get("subsegments", []):
        yield from _walk(child)


def _heaviest(calls: Iterable[Call], weigh: Callable[[Call], tuple[float, float]]) -> list[Call]:
    """Return the chain with the largest sum of weights, compared lexicographically."""
    ordered = sorted(calls, key=lambda call: (call.ended, call.started))
    best: list[tuple[tuple[float, float], list[Call]]] = []
    """For each call, the heaviest chain that ends with it."""
    for call in ordered:
        earlier = [chain for chain in best if chain[1][-1].ended <= call.started]
        (first, second), before = max(earlier, key=lambda chain: chain[0], default=((0.0, 0.0), []))
        own = weigh(call)
        best.append(((first + own[0], second + own[1]), [*before, call]))
    return max(best, key=lambda chain: chain[0], default=((0.0, 0.0), []))[1]
