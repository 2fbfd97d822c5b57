"""One look: is it up, is it slow, what is rejected and why, what does it cost. A row for each question.

The costs are estimates from what AWS counts and the list prices in `prices`; what is not counted, such as requests to
S3 and bytes to the internet, is in `docs/scale.md`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure import prices
from infrastructure.monitoring import (
    RUNBOOK,
    SLOW_INGEST_MILLISECONDS,
    SLOW_REQUEST_MILLISECONDS,
    STUCK_SECONDS,
    WAITED_FOR,
)
from infrastructure.signals import Signals
from photosky.metrics import METRICS, NAMESPACE

HOUR: Final = Duration.hours(1)
WIDTH: Final = 24
"""Of the grid (CloudWatch guide, "Dashboard body structure and syntax")."""

STEPS: Final[Mapping[str, str]] = {
    "validate": "accepted",
    "previews": "rendered",
    "persist": "ready",
    "reject": "rejected",
}
"""The outcome of each step that its duration is shown of: the one that most uploads, or all rejected ones, come to."""

ROUTES: Final = (*WAITED_FOR.values(), "DELETE /photos/{photo_id}", "POST /photos/{photo_id}/ingest")

MEBIBYTES_PER_GB: Final = 1024
BYTES_PER_GB: Final = 1024**3


class Dashboard(Construct):
    """The stack's dashboard, under the stack's name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        signals: Signals,
        bucket: s3.Bucket,
        log_groups: Sequence[str],
        alarms: Sequence[cloudwatch.Alarm],
        tracing: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._signals = signals
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=Stack.of(self).stack_name,
            default_interval=Duration.hours(12),
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        dashboard.add_widgets(self._about(tracing))
        for row in (self._up(alarms), self._slow(log_groups), self._rejected(), self._cost(bucket, log_groups)):
            dashboard.add_widgets(*row)

    def _about(self, tracing: bool) -> cloudwatch.TextWidget:
        stack = Stack.of(self)
        console = f"https://{stack.region}.console.aws.amazon.com"
        links = {
            "logs": f"{console}/cloudwatch/home?region={stack.region}#logsV2:logs-insights",
            "executions": f"{console}/states/home?region={stack.region}#/statemachines/view/"
            f"{self._signals.state_machine.state_machine_arn}",
        }
        if tracing:
            links["traces"] = f"{console}/cloudwatch/home?region={stack.region}#xray:traces/query"
        shown = " · ".join(f"[{name}]({url})" for name, url in links.items())
        return cloudwatch.TextWidget(
            markdown=f"**{stack.stack_name}**: is it up, is it slow, what is rejected and why, what does it cost. "
            f"An alarm rings? `{RUNBOOK}` has a section of its name. {shown}",
            width=WIDTH,
            height=1,
        )

    def _up(self, alarms: Sequence[cloudwatch.Alarm]) -> list[cloudwatch.IWidget]:
        signals = self._signals
        return [
            cloudwatch.AlarmStatusWidget(title="Is it up?", alarms=list(alarms), width=6, height=6),
            _graph(
                "Requests, and 5xx",
                [_of(signals.api("Count", "Sum"), "requests")],
                right=[_of(signals.api("5XXError", "Sum"), "5xx")],
            ),
            _graph(
                "Ingests",
                [_of(signals.workflow(f"Executions{end}", "Sum"), end) for end in ("Succeeded", "Failed", "TimedOut")],
            ),
            _graph(
                "Overdue records: the oldest, in seconds",
                [_of(signals.own("OldestOverdue", "Maximum"), "oldest")],
                right=[_of(signals.letters(), "dead letters")],
                limit=STUCK_SECONDS,
            ),
            _graph(
                "5xx by route",
                [_of(signals.api("5XXError", "Sum", route), route) for route in ROUTES],
            ),
            _graph(
                "Concurrency and throttles",
                [_of(signals.function(name, "ConcurrentExecutions", "Maximum"), name) for name in signals.functions],
                right=[
                    _of(signals.function(name, "Throttles", "Sum"), f"{name} refused") for name in signals.functions
                ],
            ),
            _graph(
                "DynamoDB throttles, and 429",
                [
                    _of(signals.of_table(f"{kind}ThrottleEvents", index), f"{index or 'table'} {kind.lower()}")
                    for index in (None, *signals.indexes)
                    for kind in ("Read", "Write")
                ],
                right=[_of(signals.throttled(), "429")],
            ),
            _graph(
                "Repaired by Reconcile",
                [
                    _of(signals.own("Reconciled", "Sum", outcome=outcome), outcome)
                    for outcome in ("finished", "failed", "deleted", "swept", "reported", "faults")
                ],
            ),
        ]

    def _slow(self, log_groups: Sequence[str]) -> list[cloudwatch.IWidget]:
        signals = self._signals
        return [
            _graph(
                "Is it slow? p95 by route, ms",
                [_of(signals.api("Latency", "p95", route), route) for route in WAITED_FOR.values()],
                limit=SLOW_REQUEST_MILLISECONDS,
            ),
            _graph(
                "Ingest, ms",
                [
                    _of(signals.workflow("ExecutionTime", percentile), percentile)
                    for percentile in ("p50", "p95", "p99")
                ],
                limit=SLOW_INGEST_MILLISECONDS,
            ),
            _graph(
                "Ingest by step: p95, ms",
                [_of(signals.step("Duration", "p95", step, outcome), step) for step, outcome in STEPS.items()],
            ),
            cloudwatch.LogQueryWidget(
                title="Cold starts",
                log_group_names=list(log_groups),
                query_lines=[
                    'filter @type = "REPORT"',
                    "stats count(*) as runs, count(@initDuration) as cold, pct(@initDuration, 95) as p95_ms by @log",
                ],
                view=cloudwatch.LogQueryVisualizationType.TABLE,
                width=6,
                height=6,
            ),
        ]

    def _rejected(self) -> list[cloudwatch.IWidget]:
        signals = self._signals
        dimensions = ",".join((NAMESPACE, *METRICS["Refusals"].dimensions))
        environment = f'environment="{signals.environment}"'
        uploads = {"ready": ("persist", "ready"), "rejected": ("reject", "rejected"), "broken": ("fail", "failed")}
        return [
            _graph(
                "What is rejected, and why: refusals by code",
                [
                    cloudwatch.MathExpression(
                        expression=f"SEARCH('{{{dimensions}}} {environment} MetricName=\"Refusals\"', 'Sum', 300)",
                        using_metrics={},
                        label="",
                    )
                ],
                width=12,
                stacked=True,
            ),
            _graph(
                "What becomes of uploads",
                [_of(signals.step("Steps", "Sum", *what), name) for name, what in uploads.items()],
                stacked=True,
            ),
            _graph(
                "Uploads: bytes, and pixels (averages)",
                [_of(signals.step("Bytes", "Average", "previews", "rendered"), "bytes")],
                right=[_of(signals.step("Pixels", "Average", "previews", "rendered"), "pixels")],
            ),
        ]

    def _cost(self, bucket: s3.Bucket, log_groups: Sequence[str]) -> list[cloudwatch.IWidget]:
        signals = self._signals
        costs = [
            self._functions_cost(),
            _hourly(
                "Step Functions",
                f"FILL(started, 0) * {prices.EXPRESS_REQUEST.each:.12f} + FILL(billed, 0) / 1000 * "
                f"{prices.EXPRESS_MEMORY_MB / MEBIBYTES_PER_GB} * {prices.EXPRESS_GB_SECOND.each:.12f}",
                started=signals.workflow("ExecutionsStarted", "Sum"),
                billed=signals.workflow("ExpressExecutionBilledDuration", "Sum"),
            ),
            _hourly(
                "API Gateway",
                f"FILL(requests, 0) * {prices.API_REQUEST.each:.12f}",
                requests=signals.api("Count", "Sum"),
            ),
            self._table_cost(),
            _hourly(
                "Logs",
                f"({_filled('g', len(log_groups))}) / {BYTES_PER_GB} * {prices.LOGS_GB.each}",
                **{f"g{index}": _bytes_taken_in(name) for index, name in enumerate(log_groups)},
            ),
        ]
        stored = cloudwatch.Metric(
            namespace="AWS/S3",
            metric_name="BucketSizeBytes",
            dimensions_map={"BucketName": bucket.bucket_name, "StorageType": "StandardStorage"},
            statistic="Average",
            period=Duration.days(1),
        )
        month = cloudwatch.MathExpression(
            expression=f"stored / {BYTES_PER_GB} * {prices.S3_GB_MONTH.each}",
            using_metrics={"stored": stored},
            period=Duration.days(1),
            label="$ a month",
        )
        return [
            _graph(
                f"What does it cost? $ an hour, list prices of {prices.REGION}, {prices.AS_OF}",
                costs,
                width=12,
                stacked=True,
            ),
            _graph("S3 storage, $ a month", [month], right=[_of(stored, "bytes")]),
            _graph(
                "Photos made ready, an hour",
                [_of(signals.step("Steps", "Sum", "persist", "ready"), "ready").with_(period=HOUR)],
            ),
        ]

    def _functions_cost(self) -> cloudwatch.MathExpression:
        """Durations by memory, and invocations; what a start takes beside is not in AWS's sum."""
        terms: list[str] = []
        metrics: dict[str, cloudwatch.IMetric] = {}
        for index, (name, function) in enumerate(self._signals.functions.items()):
            gigabytes = function.memory_mib / MEBIBYTES_PER_GB
            terms.append(f"FILL(d{index}, 0) / 1000 * {gigabytes} * {prices.LAMBDA_GB_SECOND.each:.12f}")
            terms.append(f"FILL(n{index}, 0) * {prices.LAMBDA_REQUEST.each:.12f}")
            metrics[f"d{index}"] = self._signals.function(name, "Duration", "Sum")
            metrics[f"n{index}"] = self._signals.function(name, "Invocations", "Sum")
        return _hourly("Lambda", " + ".join(terms), **metrics)

    def _table_cost(self) -> cloudwatch.MathExpression:
        """Request units of the table and its indexes."""
        places = (None, *self._signals.indexes)
        metrics: dict[str, cloudwatch.IMetric] = {}
        for index, place in enumerate(places):
            metrics[f"r{index}"] = self._signals.of_table("ConsumedReadCapacityUnits", place)
            metrics[f"w{index}"] = self._signals.of_table("ConsumedWriteCapacityUnits", place)
        return _hourly(
            "DynamoDB",
            f"({_filled('r', len(places))}) * {prices.DYNAMODB_READ.each:.12f} + "
            f"({_filled('w', len(places))}) * {prices.DYNAMODB_WRITE.each:.12f}",
            **metrics,
        )


def _graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    *,
    right: Sequence[cloudwatch.IMetric] = (),
    limit: float | None = None,
    width: int = 6,
    stacked: bool = False,
) -> cloudwatch.GraphWidget:
    """Lines by the left axis and the right, from zero; `limit` is where an alarm rings."""
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        right=list(right),
        left_annotations=[] if limit is None else [cloudwatch.HorizontalAnnotation(value=limit, label="alarm")],
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        right_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        width=width,
        height=6,
        stacked=stacked,
    )


def _of(metric: cloudwatch.Metric, label: str) -> cloudwatch.Metric:
    return metric.with_(label=label)


def _hourly(label: str, expression: str, **metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=expression, using_metrics=metrics, period=HOUR, label=label)


def _filled(letter: str, count: int) -> str:
    """The sum of so many metrics, where one that is not told is none."""
    return " + ".join(f"FILL({letter}{index}, 0)" for index in range(count))


def _bytes_taken_in(log_group: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Logs",
        metric_name="IncomingBytes",
        dimensions_map={"LogGroupName": log_group},
        statistic="Sum",
        period=HOUR,
    )
