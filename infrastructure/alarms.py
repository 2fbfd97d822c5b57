"""The alarms, one row each: what they mean, what they measure, and when they go into ALARM.

They watch symptoms that users notice. A fault raises an alarm; a single rejected upload does not, because it is a
regular outcome. `docs/runbook.md` has a section for each alarm. Metrics arrive one or two minutes late, and `FILL`
replaces what is late. Where that could hide a symptom, the alarm evaluates more than one period.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from aws_cdk import aws_cloudwatch as cloudwatch

from infrastructure.expressions import (
    edge_errors,
    other_throttles,
    percent,
    photos_without_events,
    pipe_faults,
    rejected_uploads,
    slow_ingests,
    slowest_route,
    step_throttles,
    throttled_reads,
    throttled_writes,
)
from infrastructure.stack_metrics import PERIOD, StackMetrics

FAULT_PERCENT: Final = 0.5
THROTTLED_PERCENT: Final = 5
"""A short burst may exceed the stage's limits and is retried; a lasting one may not."""

REJECTED_PERCENT: Final = 50
"""Users send some invalid files, but not every second one."""

REFUSED_PERCENT: Final = 20
"""A page that is open for longer than its URLs are valid causes some 403; a wrong key refuses all requests."""

SLOW_INGEST_MILLISECONDS: Final = 10_000
"""The execution's timeout is 27 s."""

SLOW_REQUEST_MILLISECONDS: Final = 2_000
"""The function's timeout is 10 s; a request with a cold start takes less than this."""

STUCK_SECONDS: Final = 900
"""The age of an expired lease at which its record counts as stuck: three sweeps ran and did not settle it."""

LATE_EVENT_SECONDS: Final = 300
"""A pipe usually has a change within a second or two. After a burst of thousands of changes it needs a minute."""


@dataclass(frozen=True)
class Alarm:
    """One alarm. It goes into ALARM when `breaching_periods` of the last `evaluated_periods` breach the threshold."""

    name: str
    meaning: str
    """One sentence: the start of the alarm's description and of its section in the runbook."""
    metric: Callable[[StackMetrics], cloudwatch.IMetric]
    threshold: float
    unit: str
    breaching_periods: int = 1
    evaluated_periods: int = 1
    comparison: Literal["at least", "below"] = "at least"
    missing_data: Literal["not breaching", "breaching"] = "not breaching"

    @property
    def condition(self) -> str:
        """The condition in words, for the description and the runbook."""
        period = f"{PERIOD.to_minutes():g} minutes"
        when = (
            f"within {period}"
            if self.evaluated_periods == 1
            else f"in {self.breaching_periods} of {self.evaluated_periods} periods of {period}"
        )
        missing = "; missing data breaches" if self.missing_data == "breaching" else ""
        return f"{self.comparison} {self.threshold:g} {self.unit} {when}{missing}"


ALARMS: Final = (
    Alarm(
        name="ApiFaults",
        meaning="The API answers requests with 5xx.",
        metric=lambda metrics: percent(metrics.api("5XXError", "Sum"), metrics.api("Count", "Sum")),
        threshold=FAULT_PERCENT,
        unit="% of requests",
    ),
    Alarm(
        name="ApiCrashes",
        meaning="The photos function ends without a response.",
        metric=lambda metrics: metrics.function("PhotosApi", "Errors", "Sum"),
        threshold=1,
        unit="failed invocation",
    ),
    Alarm(
        name="ApiLatency",
        meaning="A route that users wait for is slow.",
        metric=slowest_route,
        threshold=SLOW_REQUEST_MILLISECONDS,
        unit="ms (p95)",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="ApiThrottles",
        meaning="API Gateway refuses many requests with 429.",
        metric=lambda metrics: percent(metrics.throttled_requests(), metrics.api("Count", "Sum")),
        threshold=THROTTLED_PERCENT,
        unit="% of requests",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="IngestFaults",
        meaning="Executions of the ingest workflow fail.",
        metric=lambda metrics: percent(
            metrics.workflow("ExecutionsFailed", "Sum"), metrics.workflow("ExecutionsStarted", "Sum")
        ),
        threshold=FAULT_PERCENT,
        unit="% of executions",
    ),
    Alarm(
        name="IngestTimeouts",
        meaning="Executions of the ingest workflow time out.",
        metric=lambda metrics: percent(
            metrics.workflow("ExecutionsTimedOut", "Sum"), metrics.workflow("ExecutionsStarted", "Sum")
        ),
        threshold=FAULT_PERCENT,
        unit="% of executions",
    ),
    Alarm(
        name="IngestLatency",
        meaning="Executions of the ingest workflow are slow.",
        metric=slow_ingests,
        threshold=SLOW_INGEST_MILLISECONDS,
        unit="ms (p95)",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="RejectedUploads",
        meaning="Most uploads are rejected; a client may be sending invalid files.",
        metric=rejected_uploads,
        threshold=REJECTED_PERCENT,
        unit="% of uploads",
        breaching_periods=3,
        evaluated_periods=3,
    ),
    Alarm(
        name="FunctionThrottles",
        meaning="Lambda throttles the API, Reconcile or Events.",
        metric=other_throttles,
        threshold=1,
        unit="throttle",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="StepThrottles",
        meaning="Lambda or Step Functions throttles the steps or executions of the ingest.",
        metric=step_throttles,
        threshold=1,
        unit="throttle",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="ReadThrottles",
        meaning="DynamoDB throttles reads.",
        metric=throttled_reads,
        threshold=1,
        unit="throttle",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="WriteThrottles",
        meaning="DynamoDB throttles writes.",
        metric=throttled_writes,
        threshold=1,
        unit="throttle",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="StuckRecords",
        meaning="A record stays unsettled although sweeps ran; its photo is stuck.",
        metric=lambda metrics: metrics.custom("OldestOverdue", "Maximum"),
        threshold=STUCK_SECONDS,
        unit="s overdue",
    ),
    Alarm(
        name="SweepsMissing",
        meaning="No sweep completes, so photos of lost executions are not repaired.",
        metric=lambda metrics: metrics.custom("OldestOverdue", "SampleCount"),
        threshold=1,
        unit="sweep",
        breaching_periods=3,
        evaluated_periods=3,
        comparison="below",
        missing_data="breaching",
    ),
    Alarm(
        name="ReconcileFaults",
        meaning="Reconcile fails: a sweep or an audit could not complete its work.",
        metric=lambda metrics: metrics.function("Reconcile", "Errors", "Sum"),
        threshold=1,
        unit="failed invocation",
    ),
    Alarm(
        name="ReportedPhotos",
        meaning="Reconcile found a photo that needs an operator; data may be lost.",
        metric=lambda metrics: metrics.custom("Reconciled", "Sum", outcome="reported"),
        threshold=1,
        unit="photo",
    ),
    Alarm(
        name="StoppedAudits",
        meaning="An audit stopped before it removed too many objects; an operator has to confirm the removal.",
        metric=lambda metrics: metrics.custom("StoppedAudits", "Sum"),
        threshold=1,
        unit="audit",
    ),
    Alarm(
        name="DeadLetters",
        meaning="The dead-letter queue holds a failed invocation of Reconcile.",
        metric=lambda metrics: metrics.visible_dead_letters(metrics.dead_letters),
        threshold=1,
        unit="message",
    ),
    Alarm(
        name="EventFaults",
        meaning="The pipe fails to turn changes into events, and retries; events are late.",
        metric=pipe_faults,
        threshold=1,
        unit="failed execution",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="EventDelay",
        meaning="Events are late: changes wait in the stream.",
        metric=lambda metrics: metrics.custom("EventDelay", "Maximum"),
        threshold=LATE_EVENT_SECONDS,
        unit="s",
        breaching_periods=2,
        evaluated_periods=3,
    ),
    Alarm(
        name="EventsMissing",
        meaning="Photos become ready, and the pipe passes none of their changes on.",
        metric=photos_without_events,
        threshold=1,
        unit="photo",
        breaching_periods=3,
        evaluated_periods=3,
    ),
    Alarm(
        name="EventDeadLetters",
        meaning="The pipe gave up changes; their events were not sent.",
        metric=lambda metrics: metrics.visible_dead_letters(metrics.event_dead_letters),
        threshold=1,
        unit="message",
    ),
)
"""In the order of the runbook: API, ingest, capacity, repair, events."""

EDGE_ALARMS: Final = (
    Alarm(
        name="EdgeFaults",
        meaning="CloudFront answers requests for previews with 5xx.",
        metric=lambda metrics: edge_errors(metrics, "5xxErrorRate"),
        threshold=FAULT_PERCENT,
        unit="% of requests",
    ),
    Alarm(
        name="EdgeRefusals",
        meaning="CloudFront refuses many requests for previews; signatures or the bucket policy may be wrong.",
        metric=lambda metrics: edge_errors(metrics, "4xxErrorRate"),
        threshold=REFUSED_PERCENT,
        unit="% of requests",
        breaching_periods=2,
        evaluated_periods=3,
    ),
)
"""Of an environment with a distribution."""
