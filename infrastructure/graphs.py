"""The graphs of the dashboard, one row each, in the order of its four questions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch

from infrastructure import costs, prices
from infrastructure.alarms import LATE_EVENT_SECONDS, SLOW_INGEST_MILLISECONDS, SLOW_REQUEST_MILLISECONDS, STUCK_SECONDS
from infrastructure.expressions import LATENCY_ROUTES
from infrastructure.stack_metrics import StackMetrics
from photosky.metrics import METRICS, NAMESPACE
from workflows.steps import STEPS

Lines = Mapping[str, cloudwatch.Metric | cloudwatch.MathExpression]
"""Metrics by their labels."""

ROUTES: Final = (*LATENCY_ROUTES.values(), "DELETE /photos/{photo_id}", "POST /photos/{photo_id}/ingest")

STEP_OUTCOMES: Final[Mapping[str, str]] = {
    name.lower(): step.outcome for name, step in STEPS.items() if step.outcome is not None
}
"""The outcome of each step whose duration is shown: the regular one. Metrics have the names in lower case."""

UPLOAD_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "ready": ("persist", "ready"),
    "rejected": ("reject", "rejected"),
    "broken": ("fail", "failed"),
}
"""The step and outcome that end an upload, by label."""


def _no_lines(_metrics: StackMetrics) -> Lines:
    return {}


@dataclass(frozen=True)
class Graph:
    """One graph, with lines on its left and right axis."""

    title: str
    left: Callable[[StackMetrics], Lines]
    right: Callable[[StackMetrics], Lines] = _no_lines
    alarm_threshold: float | None = None
    """Drawn as a line on the left axis."""
    width: int = 6
    stacked: bool = False


def _refusals_by_code(metrics: StackMetrics) -> Lines:
    """Search for the codes: which of them are published is not known before they occur."""
    dimensions = ",".join((NAMESPACE, *METRICS["Refusals"].dimensions))
    search = f'{{{dimensions}}} environment="{metrics.environment}" MetricName="Refusals"'
    return {"": cloudwatch.MathExpression(expression=f"SEARCH('{search}', 'Sum', 300)", using_metrics={})}


AVAILABILITY: Final = (
    Graph(
        "Requests, and 5xx",
        left=lambda metrics: {"requests": metrics.api("Count", "Sum")},
        right=lambda metrics: {"5xx": metrics.api("5XXError", "Sum")},
    ),
    Graph(
        "Ingests",
        left=lambda metrics: {
            end: metrics.workflow(f"Executions{end}", "Sum") for end in ("Succeeded", "Failed", "TimedOut")
        },
    ),
    Graph(
        "Overdue records: the oldest, in seconds",
        left=lambda metrics: {"oldest": metrics.custom("OldestOverdue", "Maximum")},
        right=lambda metrics: {
            "dead letters": metrics.visible_dead_letters(metrics.dead_letters),
            "dead letters of events": metrics.visible_dead_letters(metrics.event_dead_letters),
        },
        alarm_threshold=STUCK_SECONDS,
    ),
    Graph(
        "5xx by route",
        left=lambda metrics: {route: metrics.api("5XXError", "Sum", route) for route in ROUTES},
    ),
    Graph(
        "Concurrency and throttles",
        left=lambda metrics: {
            name: metrics.function(name, "ConcurrentExecutions", "Maximum") for name in metrics.functions
        },
        right=lambda metrics: {
            f"{name} throttled": metrics.function(name, "Throttles", "Sum") for name in metrics.functions
        },
    ),
    Graph(
        "DynamoDB throttles, and 429",
        left=lambda metrics: {
            f"{index or 'table'} {kind.lower()}": metrics.dynamodb(f"{kind}ThrottleEvents", index)
            for index in (None, *metrics.indexes)
            for kind in ("Read", "Write")
        },
        right=lambda metrics: {"429": metrics.throttled_requests()},
    ),
    Graph(
        "Repaired by Reconcile",
        left=lambda metrics: {
            outcome: metrics.custom("Reconciled", "Sum", outcome=outcome)
            for outcome in ("ingested", "finished", "failed", "deleted", "swept", "reported", "faults")
        },
        right=lambda metrics: {"stopped audits": metrics.custom("StoppedAudits", "Sum")},
    ),
)

EVENTS: Final = (
    Graph(
        "Events: delay in seconds",
        left=lambda metrics: {"delay": metrics.custom("EventDelay", "Maximum")},
        right=lambda metrics: {
            name: metrics.pipe_metric(name, "Sum") for name in ("ExecutionFailed", "ExecutionTimeout")
        },
        alarm_threshold=LATE_EVENT_SECONDS,
        width=12,
    ),
    Graph(
        "Changes that the pipe has passed on",
        left=lambda metrics: {"changes": metrics.pipe_metric("EventCount", "Sum")},
        width=12,
    ),
)

LATENCY: Final = (
    Graph(
        "Is it slow? p95 by route, ms",
        left=lambda metrics: {route: metrics.api("Latency", "p95", route) for route in LATENCY_ROUTES.values()},
        alarm_threshold=SLOW_REQUEST_MILLISECONDS,
    ),
    Graph(
        "Ingest, ms",
        left=lambda metrics: {
            percentile: metrics.workflow("ExecutionTime", percentile) for percentile in ("p50", "p95", "p99")
        },
        alarm_threshold=SLOW_INGEST_MILLISECONDS,
    ),
    Graph(
        "Ingest by step: p95, ms",
        left=lambda metrics: {
            step: metrics.step("Duration", "p95", step, outcome) for step, outcome in STEP_OUTCOMES.items()
        },
    ),
)

REJECTIONS: Final = (
    Graph("What is rejected, and why: refusals by code", left=_refusals_by_code, width=12, stacked=True),
    Graph(
        "Outcomes of uploads",
        left=lambda metrics: {
            label: metrics.step("Steps", "Sum", step, outcome) for label, (step, outcome) in UPLOAD_OUTCOMES.items()
        },
        stacked=True,
    ),
    Graph(
        "Uploads: bytes, and pixels (averages)",
        left=lambda metrics: {"bytes": metrics.step("Bytes", "Average", "previews", "rendered")},
        right=lambda metrics: {"pixels": metrics.step("Pixels", "Average", "previews", "rendered")},
    ),
)

COSTS: Final = (
    Graph(
        f"What does it cost? $ an hour, list prices of {prices.REGION}, {prices.AS_OF}",
        left=costs.hourly,
        width=12,
        stacked=True,
    ),
    Graph("S3 storage, $ a month", left=costs.storage, right=lambda metrics: {"bytes": costs.stored_bytes(metrics)}),
    Graph(
        "Photos made ready, an hour",
        left=lambda metrics: {"ready": metrics.step("Steps", "Sum", "persist", "ready").with_(period=costs.HOUR)},
    ),
)
