"""Ingests with known calls."""

from benchmarks.latency.measures import Listing, Measures, Sending, Traced
from local.critical_path import Call

REQUEST = Call("lambda", "PhotoSky/v1", 100.0, 101.0)
STEPS = (Call("lambda", "validate", 100.05, 100.25), Call("lambda", "persist", 100.3, 100.95))

SEQUENTIAL = Traced(
    REQUEST,
    STEPS,
    (
        Call("dynamodb", "UpdateItem", 100.06, 100.1),
        Call("s3", "GetObject", 100.1, 100.2),
        Call("s3", "CopyObject", 100.35, 100.6),
        Call("dynamodb", "TransactWriteItems", 100.6, 100.7),
    ),
)
CONCURRENT = Traced(
    REQUEST,
    STEPS,
    (
        Call("dynamodb", "UpdateItem", 100.06, 100.1),
        Call("s3", "GetObject", 100.06, 100.2),
        Call("s3", "CopyObject", 100.35, 100.6),
        Call("dynamodb", "TransactWriteItems", 100.5, 100.7),
    ),
    work=(Call("work", "decode", 100.2, 100.24),),
)


def measures(traced: Traced, *milliseconds: float) -> Measures:
    """Measurements of rounds that took these times in all respects."""
    return Measures(
        sendings=[Sending(each / 1000, each / 500, "1-00000000-0") for each in milliseconds],
        traces=[traced for _ in milliseconds],
        listings=[Listing(each / 1000, 20_000) for each in milliseconds],
        views=[each / 1000 for each in milliseconds],
    )
