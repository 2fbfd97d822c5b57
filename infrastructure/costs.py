"""Cost estimates as metric math: what AWS counts, times the list prices in `prices`.

AWS publishes no metric of requests to S3 and of bytes to the internet; `docs/scale.md` estimates these.
"""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infrastructure import prices
from infrastructure.stack_metrics import StackMetrics

HOUR: Final = Duration.hours(1)
_DAY: Final = Duration.days(1)

_MEBIBYTES_PER_GB: Final = 1024
_BYTES_PER_GB: Final = 1024**3


def hourly(metrics: StackMetrics) -> Mapping[str, cloudwatch.MathExpression]:
    """Return the cost per hour in US dollars, by service."""
    return {
        "Lambda": _lambda(metrics),
        "Step Functions": _step_functions(metrics),
        "API Gateway": _hourly(
            f"FILL(requests, 0) * {prices.API_REQUEST.each:.12f}", requests=metrics.api("Count", "Sum")
        ),
        "DynamoDB": _dynamodb(metrics),
        "EventBridge": _hourly(
            f"FILL(changes, 0) * {prices.PIPE_REQUEST.each + prices.BUS_EVENT.each:.12f}",
            changes=metrics.pipe_metric("EventCount", "Sum"),
        ),
        "Logs": _logs(metrics),
    }


def storage(metrics: StackMetrics) -> Mapping[str, cloudwatch.MathExpression]:
    """Return the cost of the stored objects per month in US dollars."""
    cost = cloudwatch.MathExpression(
        expression=f"stored / {_BYTES_PER_GB} * {prices.S3_GB_MONTH.each}",
        using_metrics={"stored": stored_bytes(metrics)},
        period=_DAY,
    )
    return {"$ a month": cost}


def stored_bytes(metrics: StackMetrics) -> cloudwatch.Metric:
    """Return the size of the bucket, which S3 publishes once per day."""
    return cloudwatch.Metric(
        namespace="AWS/S3",
        metric_name="BucketSizeBytes",
        dimensions_map={"BucketName": metrics.bucket.bucket_name, "StorageType": "StandardStorage"},
        statistic="Average",
        period=_DAY,
    )


def _lambda(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Sum durations times memory, and invocations. The metric `Duration` excludes the billed init phase."""
    terms: list[str] = []
    read: dict[str, cloudwatch.IMetric] = {}
    for index, (name, function) in enumerate(metrics.functions.items()):
        gigabytes = function.memory_mib / _MEBIBYTES_PER_GB
        terms.append(f"FILL(d{index}, 0) / 1000 * {gigabytes} * {prices.LAMBDA_GB_SECOND.each:.12f}")
        terms.append(f"FILL(n{index}, 0) * {prices.LAMBDA_REQUEST.each:.12f}")
        read[f"d{index}"] = metrics.function(name, "Duration", "Sum")
        read[f"n{index}"] = metrics.function(name, "Invocations", "Sum")
    return _hourly(" + ".join(terms), **read)


def _step_functions(metrics: StackMetrics) -> cloudwatch.MathExpression:
    gigabytes = prices.EXPRESS_MEMORY_MB / _MEBIBYTES_PER_GB
    return _hourly(
        f"FILL(started, 0) * {prices.EXPRESS_REQUEST.each:.12f} + FILL(billed, 0) / 1000 * "
        f"{gigabytes} * {prices.EXPRESS_GB_SECOND.each:.12f}",
        started=metrics.workflow("ExecutionsStarted", "Sum"),
        billed=metrics.workflow("ExpressExecutionBilledDuration", "Sum"),
    )


def _dynamodb(metrics: StackMetrics) -> cloudwatch.MathExpression:
    """Sum the request units of the table and its indexes."""
    places = (None, *metrics.indexes)
    read: dict[str, cloudwatch.IMetric] = {}
    for index, place in enumerate(places):
        read[f"r{index}"] = metrics.dynamodb("ConsumedReadCapacityUnits", place)
        read[f"w{index}"] = metrics.dynamodb("ConsumedWriteCapacityUnits", place)
    return _hourly(
        f"({_filled_sum('r', len(places))}) * {prices.DYNAMODB_READ.each:.12f} + "
        f"({_filled_sum('w', len(places))}) * {prices.DYNAMODB_WRITE.each:.12f}",
        **read,
    )


def _logs(metrics: StackMetrics) -> cloudwatch.MathExpression:
    names = metrics.log_group_names
    read = {
        f"g{index}": cloudwatch.Metric(
            namespace="AWS/Logs",
            metric_name="IncomingBytes",
            dimensions_map={"LogGroupName": name},
            statistic="Sum",
            period=HOUR,
        )
        for index, name in enumerate(names)
    }
    return _hourly(f"({_filled_sum('g', len(names))}) / {_BYTES_PER_GB} * {prices.LOGS_GB.each}", **read)


def _hourly(expression: str, **metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=expression, using_metrics=metrics, period=HOUR)


def _filled_sum(letter: str, count: int) -> str:
    """Return the sum of `count` metrics in which a missing value is 0."""
    return " + ".join(f"FILL({letter}{index}, 0)" for index in range(count))
