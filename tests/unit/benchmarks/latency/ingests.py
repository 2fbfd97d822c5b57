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

BRANCHES = Traced(
    REQUEST,
    (Call("lambda", "previews", 100.1, 100.9, "Previews"), Call("lambda", "promote", 100.11, 100.4, "Promote")),
    (
        Call("s3", "CopyObject", 100.15, 100.35, "Promote"),
        Call("s3", "GetObject", 100.2, 100.3, "Previews"),
        Call("s3", "PutObject", 100.8, 100.85, "Previews"),
    ),
)
"""Two functions at the same time."""


def measures(traced: Traced, *milliseconds: float) -> Measures:
    """Measurements of rounds that took these times in all respects."""
    return Measures(
        sendings=[Sending(each / 1000, each / 500, "1-00000000-0") for each in milliseconds],
        traces=[traced for _ in milliseconds],
        listings=[Listing(each / 1000, 20_000) for each in milliseconds],
        views=[each / 1000 for each in milliseconds],
    )
