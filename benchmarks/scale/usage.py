"""What one request or workflow step uses of AWS. `tests/tasks/test_usage.py` measures it on moto and compares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from benchmarks.scale.units import Index
from workflows.steps import REGULAR

TABLE_KEYS: Final = ("owner_id", "photo_id")

INDEXES: Final = (
    Index("ready", ("owner_id", "ready_id"), keys_only=False),
    Index("digest", ("owner_id", "ready_sha256"), keys_only=True),
    Index("unsettled", ("unsettled_shard", "lease_until"), keys_only=True),
    Index("trashed", ("owner_id", "trashed_id"), keys_only=False),
    Index("taken", ("listing", "taken_id"), keys_only=False),
    Index("favorites", ("favorite_listing", "photo_id"), keys_only=False),
    Index("favorites-taken", ("favorite_listing", "taken_id"), keys_only=False),
    Index("changed", ("owner_id", "changed_id"), keys_only=False),
)
"""Of the table, as `infrastructure/storage.py` defines them; a test compares them with the template."""

SESSION_TOKEN_CHARACTERS: Final = 1000
"""Of a Lambda role's session token, roughly; AWS publishes no size. Every presigned URL contains it."""


@dataclass(frozen=True)
class Usage:
    """Of one invocation, warm. Write units are by table (empty name) and index."""

    s3_reads: int = 0
    s3_writes: int = 0
    s3_deletes: int = 0
    dynamodb_calls: int = 0
    write_units: Mapping[str, int] = field(default_factory=dict)
    read_units: float = 0
    log_events: int = 0
    log_bytes: int = 0
    """As the function writes them."""
    overlapped_s3_calls: int = field(default=0, compare=False)
    overlapped_dynamodb_calls: int = field(default=0, compare=False)
    """Calls that are in progress next to longer ones, so that nothing waits for them (docs/architecture.md)."""
    cpu_seconds: float = field(default=0, compare=False)
    """Without rendering; measured by `tests/tasks/measure_steps.py` on 2026-11-24, on the machine of `make bench`."""

    @property
    def s3_calls(self) -> int:
        """S3 requests of every kind."""
        return self.s3_reads + self.s3_writes + self.s3_deletes


UPLOAD: Final = Usage(s3_writes=1)
"""The browser's POST to S3."""

CREATE: Final = Usage(
    dynamodb_calls=2,
    write_units={"": 4, "unsettled": 1},
    read_units=0.5,
    log_events=1,
    log_bytes=292,
    cpu_seconds=0.003,
)
"""With a digest, which is looked up first. A transaction creates the record and counts it in the owner's use."""

STEPS: Final[Mapping[str, Usage]] = {
    "Validate": Usage(
        s3_reads=1,
        dynamodb_calls=1,
        write_units={"": 1, "unsettled": 2},
        log_events=2,
        log_bytes=930,
        overlapped_dynamodb_calls=1,
        cpu_seconds=0.004,
    ),
    "Previews": Usage(
        s3_reads=1,
        s3_writes=5,
        log_events=2,
        log_bytes=894,
        overlapped_s3_calls=4,
        cpu_seconds=0.009,
    ),
    "Promote": Usage(
        s3_writes=1,
        log_events=2,
        log_bytes=783,
        cpu_seconds=0.001,
    ),
    "Persist": Usage(
        s3_reads=1,
        dynamodb_calls=2,
        write_units={"": 6, "ready": 2, "digest": 1, "unsettled": 1, "taken": 2, "changed": 2},
        read_units=1,
        log_events=2,
        log_bytes=780,
        overlapped_dynamodb_calls=1,
        cpu_seconds=0.004,
    ),
    # It is not part of a photo that becomes ready, so no test measures it; the CPU is assumed to be that of Persist.
    "Fail": Usage(s3_deletes=1, dynamodb_calls=2, cpu_seconds=0.004),
}
"""By the names in `workflows/steps.py`."""

LIST: Final = Usage(dynamodb_calls=1, read_units=12.5, log_events=1, log_bytes=291, cpu_seconds=0.016)
"""A page of `PAGE_PHOTOS`, from a sandbox that has read the cursors' key before.

CPU was measured on 2026-11-27 on a busy machine and scaled by the ratio of the other steps' CPU to that of 2026-11-24.
"""

PHOTO: Final = (CREATE, *(STEPS[name] for name in REGULAR))
"""Invocations for one photo; the browser's `UPLOAD` comes in addition."""

PAGE_PHOTOS: Final = 50
"""The API's default limit."""

PAGE_BYTES: Final = 374_724
"""Of the JSON of such a page."""

CREATED_BYTES: Final = 4_314
"""Of the response of `POST /photos`, with its upload form."""

INGESTED_BYTES: Final = 7_491
"""Of the response of `POST /photos/{photo_id}/ingest`, with the presigned URLs of the previews."""
