"""What one request or step asks of AWS. `tests/tasks/test_usage.py` counts it on moto and holds this to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from benchmarks.scale.units import Index

TABLE_KEYS: Final = ("owner_id", "photo_id")

INDEXES: Final = (
    Index("ready", ("owner_id", "ready_id"), keys_only=False),
    Index("digest", ("owner_id", "ready_sha256"), keys_only=True),
    Index("unsettled", ("unsettled_shard", "lease_until"), keys_only=True),
)
"""The table's, as `infrastructure/storage.py` makes them; the test reads the template's."""


@dataclass(frozen=True)
class Use:
    """Of one invocation, warm. Write units by table (empty name) and index; `log_bytes` as the function writes them."""

    s3_reads: int = 0
    s3_writes: int = 0
    s3_deletes: int = 0
    dynamodb_calls: int = 0
    write_units: Mapping[str, int] = field(default_factory=dict)
    read_units: float = 0
    log_events: int = 0
    log_bytes: int = 0
    cpu_seconds: float = field(default=0, compare=False)
    """Without rendering; `tests/tasks/measure_steps.py` measured it on 2026-11-24, on the benchmark's machine."""

    @property
    def s3_calls(self) -> int:
        """Of every kind, one after the other."""
        return self.s3_reads + self.s3_writes + self.s3_deletes


UPLOAD: Final = Use(s3_writes=1)
"""The browser's own POST to S3."""

CREATE: Final = Use(
    dynamodb_calls=2, write_units={"": 1}, read_units=0.5, log_events=1, log_bytes=236, cpu_seconds=0.003
)
"""With a digest, which is looked up first."""

VALIDATE: Final = Use(
    s3_reads=2,
    dynamodb_calls=1,
    write_units={"": 1, "unsettled": 1},
    log_events=2,
    log_bytes=875,
    cpu_seconds=0.004,
)
PREVIEWS: Final = Use(
    s3_reads=1,
    s3_writes=5,
    dynamodb_calls=2,
    write_units={"": 2},
    read_units=1,
    log_events=2,
    log_bytes=839,
    cpu_seconds=0.009,
)
PERSIST: Final = Use(
    s3_deletes=1,
    dynamodb_calls=2,
    write_units={"": 2, "ready": 2, "digest": 1, "unsettled": 1},
    read_units=1,
    log_events=2,
    log_bytes=725,
    cpu_seconds=0.004,
)
LIST: Final = Use(dynamodb_calls=1, read_units=11, log_events=1, log_bytes=235, cpu_seconds=0.011)
"""A page of `PAGE_PHOTOS`, from a sandbox that has read the cursors' key already."""

PHOTO: Final = (CREATE, VALIDATE, PREVIEWS, PERSIST)
"""What the functions ask for one photo; the browser's `UPLOAD` beside it."""

PAGE_BYTES: Final = 155_674
"""Of that page, as JSON."""

PAGE_PHOTOS: Final = 50
"""The API's default limit."""
