"""The latencies of AWS's services as percentiles, each with the source of its figures.

They are those that a caller in the same region sees. The client's network is not included: a browser's developer tools
add one. Cold starts are not included either, because a rehearsal of warm requests must be repeatable; `--cold` shows
the time that our own code takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_TRANSACTIONS: Final = "alexdebrie/dynamodb-performance-testing, README"
_OBJECTS: Final = "cdouglas/endive, UNCONDITIONAL.md"
_BANDWIDTH: Final = "dvassallo/s3-benchmark, README"
_LAMBDA: Final = "codetalkio/patterns-serverless-rust-minimal, response-times.md"
_GATEWAY: Final = "The hidden serverless latency"
_MEMORY: Final = "memory"

SOURCES: Final[Mapping[str, str]] = {
    _TRANSACTIONS: "GitHub; DynamoDB called from Lambda, 400 times for each operation",
    _OBJECTS: "GitHub; S3 Standard in the same region: GET of 4 KiB and PUT of 500 KiB, measured in 2025",
    _BANDWIDTH: "GitHub; 93 MB/s per connection (S3 guide, Performance design patterns for Amazon S3: 85 to 90)",
    _LAMBDA: "GitHub; X-Ray's response times of a warm function, less the time of the invocation",
    _GATEWAY: "Daniele Frasca on dev.to: 10 to 20 ms for a REST API and the integration with Lambda",
    _MEMORY: "what the author expects from experience; no page or measurement was found",
}
"""What each source is, by the name that rows use."""


@dataclass(frozen=True)
class Row:
    """The latency of one operation: a lognormal distribution through two percentiles, and the time of the body.

    `per_mib_ms` is added for each MiB of the larger of the bodies of request and response; a copy within S3 has the
    size of its source. `source` starts with a name of `SOURCES`.
    `is_overhead` marks what a service adds to the work of others; any other latency is that of the whole call, and
    includes the emulator's own time.
    """

    service: str
    operation: str
    p50_ms: float
    p99_ms: float
    source: str
    per_mib_ms: float = 0.0
    is_overhead: bool = False


Table = Mapping[tuple[str, str], Row]
"""Rows by service and operation. `OTHER` is the row of any operation without one of its own."""

OTHER: Final = ("*", "*")

_ROWS: Final = (
    Row("dynamodb", "GetItem", 5.0, 14.0, f"{_MEMORY}; below PutItem"),
    Row("dynamodb", "Query", 7.0, 22.0, _MEMORY, per_mib_ms=40),
    Row("dynamodb", "Scan", 7.0, 22.0, _MEMORY, per_mib_ms=40),
    Row("dynamodb", "PutItem", 7.55, 16.2, _TRANSACTIONS),
    Row("dynamodb", "UpdateItem", 7.55, 16.2, f"{_TRANSACTIONS}: PutItem"),
    Row("dynamodb", "DeleteItem", 7.55, 16.2, f"{_TRANSACTIONS}: PutItem"),
    Row("dynamodb", "BatchGetItem", 8.14, 25.5, f"{_TRANSACTIONS}: BatchWrite of 5 items"),
    Row("dynamodb", "BatchWriteItem", 8.14, 25.5, f"{_TRANSACTIONS}: 5 items"),
    Row("dynamodb", "TransactGetItems", 13.0, 46.0, f"{_MEMORY}; half of TransactWriteItems"),
    Row("dynamodb", "TransactWriteItems", 25.3, 92.5, f"{_TRANSACTIONS}: 5 items"),
    Row("s3", "GetObject", 27, 114, f"{_OBJECTS}; {_BANDWIDTH}", per_mib_ms=11.3),
    Row("s3", "HeadObject", 20, 90, f"{_MEMORY}; below GetObject"),
    Row("s3", "PutObject", 60, 118, _OBJECTS, per_mib_ms=20),
    Row("s3", "PostObject", 60, 118, f"{_OBJECTS}: PUT", per_mib_ms=20),
    Row("s3", "CopyObject", 70, 250, f"{_MEMORY}; above PutObject, with a body as GetObject", per_mib_ms=11.3),
    Row("s3", "DeleteObject", 30, 110, _MEMORY),
    Row("s3", "DeleteObjects", 40, 150, _MEMORY),
    Row("s3", "ListObjectsV2", 40, 160, _MEMORY),
    Row("s3", "ListObjectVersions", 40, 160, _MEMORY),
    Row("lambda", "Invoke", 7.5, 24, _LAMBDA, is_overhead=True),
    Row("states", "StartExecution", 15, 60, _MEMORY, is_overhead=True),
    Row("states", "StartSyncExecution", 15, 60, _MEMORY, is_overhead=True),
    Row("states", "StateTransition", 5, 25, f"{_MEMORY}; of Express workflows", is_overhead=True),
    Row("apigateway", "Request", 8, 35, f"{_GATEWAY}; without Lambda", is_overhead=True),
    Row("cognito-idp", "InitiateAuth", 120, 400, _MEMORY),
    Row("cognito-idp", "RespondToAuthChallenge", 200, 600, _MEMORY),
    Row("kms", "Sign", 15, 60, _MEMORY),
    Row("kms", "GetPublicKey", 10, 50, _MEMORY),
    Row("cloudfront", "Request", 10, 120, f"{_MEMORY}; from a cache, and some from S3"),
    Row(*OTHER, 20, 100, f"{_MEMORY}; most of AWS's APIs"),
)

AWS: Final[Table] = {(row.service, row.operation): row for row in _ROWS}

PROFILES: Final[Mapping[str, Table]] = {"aws": AWS}
"""What `--latency` accepts, by name."""


def row_of(table: Table, service: str, operation: str) -> Row:
    """Return the row of an operation; that of `OTHER` if it has none, so that no call is answered at once."""
    return table.get((service, operation)) or table[OTHER]
