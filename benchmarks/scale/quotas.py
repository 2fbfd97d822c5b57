"""AWS quotas that limit the rate of photos: defaults of us-east-1, and how each can be raised.

`source` names the page that states a figure, as of November 2026. New accounts may start lower.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from benchmarks.scale import durations, usage
from benchmarks.scale.cost import API_REQUESTS
from benchmarks.scale.deployed import API, Deployment
from photosky.store.attributes import UNSETTLED_INDEX, UNSETTLED_SHARDS
from workflows.steps import REGULAR

LAMBDA_CONCURRENCY: Final = 1000
NEW_ACCOUNT_CONCURRENCY: Final = 10
LAMBDA_SCALING_PER_SECOND: Final = 100
LAMBDA_SCALING_BURST: Final = 1000
"""Environments that one function may start: 1,000 in 10 s, refilled continuously, never accumulated beyond."""

EXPRESS_STARTS_PER_SECOND: Final = 6000
EXPRESS_STARTS_BURST: Final = 6000
"""Of StartExecution. AWS publishes no figure for StartSyncExecution: "capacity on demand", surges may be throttled."""

API_REQUESTS_PER_SECOND: Final = 10_000
API_BURST: Final = 5000

PARTITION_WRITE_UNITS: Final = 1000
PARTITION_READ_UNITS: Final = 3000
NEW_TABLE_WRITE_UNITS: Final = 4000
TABLE_WRITE_UNITS: Final = 40_000

S3_WRITES_PER_SECOND: Final = 3500
S3_READS_PER_SECOND: Final = 5500

_WARM_THROUGHPUT: Final = "DynamoDB guide, Warm throughput in different scenarios"
_S3_PERFORMANCE: Final = "S3 user guide, Optimizing performance; per partitioned prefix"


class Demand(NamedTuple):
    """What one photo takes of each quota."""

    api_requests: float
    executions: float
    function_seconds: float
    """Of all its invocations, warm."""
    cold_function_seconds: float
    """Of its longest invocation, with a cold start."""
    table_writes: float
    """Write units of the table, without its indexes."""
    unsettled_writes: float
    """Write units of the index `unsettled`."""
    s3_writes: float
    s3_reads: float


@dataclass(frozen=True)
class Quota:
    """One quota: its limit per second, the field of `Demand` that it limits, and how it can be raised."""

    name: str
    limit: float
    demand: str
    source: str
    remedy: str


@dataclass(frozen=True)
class Limit:
    """A quota with what one photo takes of it."""

    quota: Quota
    per_photo: float

    @property
    def photos_per_second(self) -> float:
        """Steady rate that uses up the quota."""
        return self.quota.limit / self.per_photo


QUOTAS: Final = (
    Quota(
        "Lambda concurrency, new account",
        NEW_ACCOUNT_CONCURRENCY,
        "function_seconds",
        "Lambda guide, Quotas: reduced for new accounts; the figure 10 is not verified",
        "AWS raises it with use, or quota request",
    ),
    Quota(
        "DynamoDB, one owner's partition of the table",
        PARTITION_WRITE_UNITS,
        "table_writes",
        _WARM_THROUGHPUT,
        "not possible; it limits the photos of one user",
    ),
    Quota(
        "S3 writes, before S3 partitions the bucket",
        S3_WRITES_PER_SECOND,
        "s3_writes",
        _S3_PERFORMANCE,
        "S3 adds partitions within an hour: a random owner id follows each prefix",
    ),
    Quota(
        "Lambda cold starts of one function",
        LAMBDA_SCALING_BURST,
        "cold_function_seconds",
        "Lambda guide, Scaling behavior: 1,000 every 10 s",
        "provisioned concurrency; a quota request is not possible",
    ),
    Quota(
        "Lambda concurrency",
        LAMBDA_CONCURRENCY,
        "function_seconds",
        "Lambda guide, Quotas",
        "quota request, up to tens of thousands",
    ),
    Quota(
        "DynamoDB, new table",
        NEW_TABLE_WRITE_UNITS,
        "table_writes",
        _WARM_THROUGHPUT,
        "grows with use to twice the last peak in 30 minutes; or set warm throughput",
    ),
    Quota("S3 reads, before S3 partitions the bucket", S3_READS_PER_SECOND, "s3_reads", _S3_PERFORMANCE, "as writes"),
    Quota(
        "API Gateway, account",
        API_REQUESTS_PER_SECOND,
        "api_requests",
        "API Gateway guide, Quotas",
        "quota request",
    ),
    Quota(
        "Express executions",
        EXPRESS_STARTS_PER_SECOND,
        "executions",
        "Step Functions guide, Quotas, for StartExecution, not verified; no figure is published for StartSyncExecution",
        "quota request; capacity follows a sustained load",
    ),
    Quota("DynamoDB, any table", TABLE_WRITE_UNITS, "table_writes", "DynamoDB guide, Quotas", "quota request"),
    Quota(
        f"DynamoDB, the {UNSETTLED_SHARDS} shards of `{UNSETTLED_INDEX}`",
        PARTITION_WRITE_UNITS * UNSETTLED_SHARDS,
        "unsettled_writes",
        _WARM_THROUGHPUT,
        "`UNSETTLED_SHARDS`",
    ),
)
"""Of an account; the stage's own throttle comes in addition."""


def limits(deployment: Deployment) -> list[Limit]:
    """Quotas with the rate of photos at which each is used up, lowest first."""
    demand = demand_of(deployment)
    quotas = (*QUOTAS, api_throttle(deployment))
    return sorted(
        (Limit(quota, getattr(demand, quota.demand)) for quota in quotas), key=lambda limit: limit.photos_per_second
    )


def api_throttle(deployment: Deployment) -> Quota:
    """The throttle of the API's stage."""
    return Quota(
        f"API throttle, {deployment.environment}",
        deployment.throttle_rate_per_second,
        "api_requests",
        "`cdk.json`",
        "`throttle_rate_per_second`, `throttle_burst`",
    )


def demand_of(deployment: Deployment) -> Demand:
    """What one photo takes, as a mean over the mix of uploads."""
    invocations = durations.invocations(deployment)
    cold_starts = durations.cold_start_seconds(deployment)
    seconds = {
        name: durations.mean({picture: invocations[picture][name].seconds for picture in invocations})
        for name in (API, *REGULAR)
    }
    return Demand(
        api_requests=API_REQUESTS,
        executions=1,
        function_seconds=sum(seconds.values()),
        cold_function_seconds=max(cold_starts[name] + seconds[name] for name in seconds),
        table_writes=sum(used.write_units.get("", 0) for used in usage.PHOTO),
        unsettled_writes=sum(used.write_units.get(UNSETTLED_INDEX, 0) for used in usage.PHOTO),
        s3_writes=sum(used.s3_writes + used.s3_deletes for used in (*usage.PHOTO, usage.UPLOAD)),
        s3_reads=sum(used.s3_reads for used in usage.PHOTO),
    )
