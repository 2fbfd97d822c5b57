"""The metric math expressions of the alarms."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch

from infrastructure.stack_metrics import StackMetrics, math
from workflows.steps import STEPS

MIN_SHARE_TOTAL: Final = 200
"""The smallest total that a share is taken of, in requests or executions per period. One fault in 200 is
`FAULT_PERCENT`, so below this total a single fault is enough, and above it the share decides."""

MIN_INGESTS: Final = 10
MIN_REQUESTS: Final = 20
MIN_UPLOADS: Final = 20
"""Per period. With fewer samples, a single cold start or user decides the p95 or the share."""

LATENCY_ROUTES: Final = {
    "listing": "GET /photos",
    "reading": "GET /photos/{photo_id}",
    "original": "GET /photos/{photo_id}/original",
    "creating": "POST /photos",
    "editing": "PATCH /photos/{photo_id}",
}
"""The routes of ApiLatency. IngestLatency covers the ingest; a deletion takes as long as its objects require."""


def percent(part: cloudwatch.IMetric, whole: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """Return the share of a part in per cent, of at least `MIN_SHARE_TOTAL`."""
    total = f"IF(FILL(whole, 0) > {MIN_SHARE_TOTAL}, FILL(whole, 0), {MIN_SHARE_TOTAL})"
    return math(f"100 * part / {total}", part=part, whole=whole)


def edge_errors(metrics: StackMetrics, name: str) -> cloudwatch.MathExpression:
    """Return a rate of errors of CloudFront in per cent, of at least `MIN_SHARE_TOTAL` requests."""
    return math(
        f"FILL(rate, 0) * FILL(requests, 0) / IF(FILL(requests, 0) > {MIN_SHARE_TOTAL}, FILL(requests, 0), "
        f"{MIN_SHARE_TOTAL})",
        rate=metrics.edge(name, "Average"),
        requests=metrics.edge("Requests", "Sum"),
    )


def slowest_route(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the largest p95 of the routes with enough requests."""
    routes = {
        name: math(
            f"IF(FILL({name}_n, 0) >= {MIN_REQUESTS}, FILL({name}_p95, 0), 0)",
            **{
                f"{name}_n": metrics.api("Latency", "SampleCount", route),
                f"{name}_p95": metrics.api("Latency", "p95", route),
            },
        )
        for name, route in LATENCY_ROUTES.items()
    }
    return math(f"MAX([{', '.join(routes)}])", **routes)


def slow_ingests(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the p95 of the ingest workflow in periods with enough executions, else 0."""
    return math(
        f"IF(ended >= {MIN_INGESTS}, p95, 0)",
        ended=metrics.workflow("ExecutionTime", "SampleCount"),
        p95=metrics.workflow("ExecutionTime", "p95"),
    )


def rejected_uploads(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the share of rejected uploads in per cent in periods with enough uploads, else 0."""
    return math(
        f"IF(FILL(rejected, 0) + FILL(ready, 0) >= {MIN_UPLOADS}, "
        "100 * FILL(rejected, 0) / (FILL(rejected, 0) + FILL(ready, 0)), 0)",
        rejected=metrics.step("Steps", "Sum", "reject", "rejected"),
        ready=metrics.step("Steps", "Sum", "persist", "ready"),
    )


def pipe_faults(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the executions of the pipe that makes events that failed, in whole or in part, or timed out."""
    return _sum(
        *(
            metrics.pipe_metric(name, "Sum")
            for name in ("ExecutionFailed", "ExecutionPartiallyFailed", "ExecutionTimeout")
        )
    )


def photos_without_events(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the photos that became ready in periods in which no change arrived at the function Events, else 0."""
    return math(
        "IF(FILL(batches, 0) >= 1, 0, FILL(ready, 0))",
        batches=metrics.custom("EventDelay", "SampleCount"),
        ready=metrics.step("Steps", "Sum", "persist", "ready"),
    )


def step_throttles(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the throttles of the ingest's steps and of their workflow."""
    return _sum(
        *(metrics.function(name, "Throttles", "Sum") for name in STEPS),
        metrics.workflow("ExecutionThrottled", "Sum"),
    )


def other_throttles(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the throttles of the functions that are no steps of the ingest."""
    return _sum(*(metrics.function(name, "Throttles", "Sum") for name in metrics.functions if name not in STEPS))


def throttled_reads(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the throttled reads of the table and its indexes."""
    return _sum(*(metrics.dynamodb("ReadThrottleEvents", index) for index in (None, *metrics.indexes)))


def throttled_writes(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Return the throttled writes of the table and its indexes."""
    return _sum(*(metrics.dynamodb("WriteThrottleEvents", index) for index in (None, *metrics.indexes)))


def _sum(*metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """Return the sum of up to ten metrics, the most that an alarm may read (CloudWatch guide, "Alarm limits").

    Missing values count as 0. Without `FILL`, an alarm on AWS/DynamoDB would stay in ALARM, because it always ignores
    missing data (PutMetricAlarm, `TreatMissingData`).
    """
    named = {f"m{index}": metric for index, metric in enumerate(metrics)}
    return math(" + ".join(f"FILL({name}, 0)" for name in named), **named)
