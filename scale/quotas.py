"""AWS's quotas that this stack meets, as they are by default in us-east-1, and what moves each.

`source` says which page states a figure, as found in November 2026; a new account may start lower.
"""

from dataclasses import dataclass
from typing import Final

LAMBDA_CONCURRENCY: Final = 1000
NEW_ACCOUNT_CONCURRENCY: Final = 10
LAMBDA_SCALING_PER_SECOND: Final = 100
LAMBDA_SCALING_BURST: Final = 1000
"""Environments that one function may start: 1,000 in ten seconds, refilled continuously, never saved up."""

EXPRESS_STARTS_PER_SECOND: Final = 6000
EXPRESS_STARTS_BURST: Final = 6000
"""Of StartExecution. For StartSyncExecution AWS publishes no figure: "capacity on demand", surges may be throttled."""

API_REQUESTS_PER_SECOND: Final = 10_000
API_BURST: Final = 5000

PARTITION_WRITE_UNITS: Final = 1000
PARTITION_READ_UNITS: Final = 3000
NEW_TABLE_WRITE_UNITS: Final = 4000
TABLE_WRITE_UNITS: Final = 40_000

S3_WRITES_PER_SECOND: Final = 3500
S3_READS_PER_SECOND: Final = 5500

SIGN_INS_PER_SECOND: Final = 120


@dataclass(frozen=True)
class Quota:
    """One quota: its default a second, what one photo takes of it, where that was read, and what moves it."""

    name: str
    default: float
    per_photo: float
    source: str
    knob: str

    @property
    def bites_at(self) -> float:
        """Photos a second."""
        return self.default / self.per_photo
