"""AWS's quotas that this stack meets, as they are by default in us-east-1, and what moves each.

`source` says which page states a figure, as found in November 2026; a new account may start lower.
"""

from dataclasses import dataclass
from typing import Final

from benchmarks.scale import durations, usage
from benchmarks.scale.cost import API_REQUESTS
from benchmarks.scale.deployed import API, Deployed
from benchmarks.scale.simulation import STEPS
from photosky.store.attributes import UNSETTLED_INDEX, UNSETTLED_SHARDS

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


def table(deployed: Deployed) -> list[Quota]:
    """Every quota that a rate of photos can meet, those that bite first first."""
    works = durations.works(deployed)
    starts = durations.starts(deployed)
    functions = [API, *STEPS]
    mean = {
        name: sum(share * works[picture][name].seconds for picture, (share, _) in durations.PICTURES.items())
        for name in functions
    }
    slowest = max(starts[name] + mean[name] for name in functions)
    writes = [one.write_units for one in usage.PHOTO]
    table_writes = sum(units.get("", 0) for units in writes)
    s3_writes = sum(one.s3_writes + one.s3_deletes for one in (*usage.PHOTO, usage.UPLOAD))
    s3_reads = sum(one.s3_reads for one in usage.PHOTO)
    return sorted(
        [
            Quota(
                "Lambda concurrency, new account",
                NEW_ACCOUNT_CONCURRENCY,
                sum(mean.values()),
                "Lambda guide, Quotas: reduced for new accounts; 10 as known, November 2026",
                "grows with use, or a quota request",
            ),
            Quota(
                "DynamoDB, one owner's partition of the table",
                PARTITION_WRITE_UNITS,
                table_writes,
                "DynamoDB guide, Warm throughput in different scenarios",
                "none: it is one person's photos a second",
            ),
            Quota(
                "API throttle, prod",
                deployed.throttle_rate,
                API_REQUESTS,
                "`cdk.json`",
                "`throttle_rate_per_second`, `throttle_burst`",
            ),
            Quota(
                "S3 writes, before S3 has split the bucket",
                S3_WRITES_PER_SECOND,
                s3_writes,
                "S3 user guide, Optimizing performance; per partitioned prefix",
                "S3 splits by itself within an hour: an owner's random id follows each prefix",
            ),
            Quota(
                "Lambda environments of one function, started cold",
                LAMBDA_SCALING_BURST,
                slowest,
                "Lambda guide, Scaling behavior: 1,000 every 10 s",
                "provisioned concurrency; no quota request",
            ),
            Quota(
                "Lambda concurrency",
                LAMBDA_CONCURRENCY,
                sum(mean.values()),
                "Lambda guide, Quotas",
                "quota request, to tens of thousands",
            ),
            Quota(
                "DynamoDB, a new table",
                NEW_TABLE_WRITE_UNITS,
                table_writes,
                "DynamoDB guide, Warm throughput in different scenarios",
                "grows with use, to twice the last peak in 30 minutes; or warm throughput set beforehand",
            ),
            Quota(
                "S3 reads, before S3 has split the bucket",
                S3_READS_PER_SECOND,
                s3_reads,
                "S3 user guide, Optimizing performance; per partitioned prefix",
                "as for writes",
            ),
            Quota(
                "API Gateway, the account",
                API_REQUESTS_PER_SECOND,
                API_REQUESTS,
                "API Gateway guide, Quotas",
                "quota request",
            ),
            Quota(
                "Express executions started",
                EXPRESS_STARTS_PER_SECOND,
                1,
                "Step Functions guide, Quotas, as known, November 2026, and for StartExecution; for StartSyncExecution "
                "none is published",
                "quota request; capacity follows a sustained load",
            ),
            Quota(
                "DynamoDB, any table",
                TABLE_WRITE_UNITS,
                table_writes,
                "DynamoDB guide, Quotas",
                "quota request",
            ),
            Quota(
                f"DynamoDB, the {UNSETTLED_SHARDS} shards of `{UNSETTLED_INDEX}`",
                PARTITION_WRITE_UNITS * UNSETTLED_SHARDS,
                sum(units.get(UNSETTLED_INDEX, 0) for units in writes),
                "DynamoDB guide, Warm throughput in different scenarios",
                "`UNSETTLED_SHARDS`",
            ),
        ],
        key=lambda quota: quota.bites_at,
    )
