"""Alarms on symptoms: what users and their photos feel. A rejected upload is an answer and rings nothing; a fault does.

Each alarm's expression, threshold and patience stand in `_alarms`, and `docs/runbook.md` says of each what it means,
where to look first and what to do. Metrics come a minute or two late, and an expression that fills gaps takes what is
late for none; so an alarm looks at more than one period wherever filling could hide what it is there for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infrastructure.environment import Environment
from infrastructure.signals import Signals, math
from photosky.metrics import NAMESPACE

RUNBOOK: Final = "docs/runbook.md"

FEW: Final = 200
"""The least number of requests or ingests in five minutes that a share is taken of. One fault among fewer is a whole
`FAULTY_PERCENT`, so it rings however quiet it is, and among more there have to be as many as that share."""

FAULTY_PERCENT: Final = 0.5
"""5xx among requests, broken ingests among ingests."""

THROTTLED_PERCENT: Final = 5
"""429 among requests: a burst that is told to wait is fine, a crowd is not."""

SLOW_INGEST_MILLISECONDS: Final = 10_000
"""The p95; the workflow gives up after 27 s."""

INGESTS_ENOUGH: Final = 10
"""In five minutes, for their p95 to say something: below, one cold start decides it."""

SLOW_REQUEST_MILLISECONDS: Final = 2_000
"""The p95 of a route; the function gives up after 10 s, and a cold start alone takes less than this."""

REQUESTS_ENOUGH: Final = 20
"""In five minutes, of one route: the same, for a p95 that the slowest of 20 does not make alone."""

WAITED_FOR: Final = {
    "listing": "GET /photos",
    "reading": "GET /photos/{photo_id}",
    "original": "GET /photos/{photo_id}/original",
    "creating": "POST /photos",
    "editing": "PATCH /photos/{photo_id}",
}
"""The routes whose latency rings. An ingest has an alarm of its own; a deletion takes as long as its objects do."""

STUCK_SECONDS: Final = 900
"""How long a lease may have ended before the record counts as stuck: three sweeps came by and left it."""

REJECTED_PERCENT: Final = 50
"""Of the uploads that were judged: people send odd files, but not every second one."""

UPLOADS_ENOUGH: Final = 20
"""In five minutes, for that share to say something."""


@dataclass(frozen=True)
class Alarm:
    """When one alarm rings: `breaches` of the last `periods` are at or above (or below) the threshold."""

    name: str
    meaning: str
    """One sentence, for who reads the mail."""
    metric: cloudwatch.IMetric
    threshold: float
    breaches: int = 1
    periods: int = 1
    rings_below: bool = False
    rings_on_silence: bool = False
    """Whether a period without data breaches; else it does not."""


class Monitoring(Construct):
    """The alarms; where an address is named, they mail it when they ring and when it is over."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        signals: Signals,
        access_log: logs.ILogGroup,
        environment: Environment,
    ) -> None:
        super().__init__(scope, construct_id)
        logs.MetricFilter(
            self,
            "Throttled",
            log_group=access_log,
            filter_pattern=logs.FilterPattern.string_value("$.status", "=", "429"),
            metric_namespace=NAMESPACE,
            metric_name="Throttled",
            metric_value="1",
            dimensions={"environment": "$.environment"},
        )
        self.alarms = [self._made(alarm) for alarm in _alarms(signals)]
        if environment.alarm_email:
            topic = self._topic()
            topic.add_subscription(subscriptions.EmailSubscription(environment.alarm_email))
            for made in self.alarms:
                made.add_alarm_action(actions.SnsAction(topic))
                made.add_ok_action(actions.SnsAction(topic))

    def _made(self, alarm: Alarm) -> cloudwatch.Alarm:
        comparison = cloudwatch.ComparisonOperator
        missing = cloudwatch.TreatMissingData
        return cloudwatch.Alarm(
            self,
            alarm.name,
            alarm_name=f"{Stack.of(self).stack_name}-{alarm.name}",
            alarm_description=f"{alarm.meaning} What to do: {RUNBOOK}#{alarm.name.lower()}",
            metric=alarm.metric,
            threshold=alarm.threshold,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.breaches,
            comparison_operator=(
                comparison.LESS_THAN_THRESHOLD if alarm.rings_below else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            treat_missing_data=missing.BREACHING if alarm.rings_on_silence else missing.NOT_BREACHING,
        )

    def _topic(self) -> sns.Topic:
        """The topic that alarms publish to, encrypted with a key that lets them: AWS's own for SNS does not.

        Once a topic has a policy, what that does not allow is not: CloudWatch is named in both.
        """
        stack = Stack.of(self)
        cloudwatch_service = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        of_this_account = {"StringEquals": {"aws:SourceAccount": stack.account}}
        key = kms.Key(self, "AlarmsKey", description=f"What alarms of {stack.stack_name} say", enable_key_rotation=True)
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch_service],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # In a key's policy: this key.
                conditions=of_this_account,
            )
        )
        topic = sns.Topic(self, "Alarms", enforce_ssl=True, master_key=key)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stack.stack_name}-*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch_service],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={**of_this_account, "ArnLike": {"aws:SourceArn": alarms}},
            )
        )
        return topic


def _alarms(signals: Signals) -> Iterator[Alarm]:
    """All of them, those first that users feel."""
    yield Alarm(
        "ApiFaults",
        "Requests were answered 5xx.",
        _share(signals.api("5XXError", "Sum"), signals.api("Count", "Sum")),
        threshold=FAULTY_PERCENT,
    )
    yield Alarm(
        "ApiCrashes",
        "The photos API's function ended without an answer.",
        signals.function("PhotosApi", "Errors", "Sum"),
        threshold=1,
    )
    yield Alarm(
        "ApiLatency",
        "A route that people wait for is slow: its p95.",
        _slowest(signals),
        threshold=SLOW_REQUEST_MILLISECONDS,
        breaches=2,
        periods=3,
    )
    yield Alarm(
        "ApiThrottles",
        "Many requests are refused with 429.",
        _share(signals.throttled(), signals.api("Count", "Sum")),
        threshold=THROTTLED_PERCENT,
        breaches=2,
        periods=3,
    )
    yield Alarm(
        "IngestFaults",
        "Ingests broke: executions FAILED.",
        _share(signals.workflow("ExecutionsFailed", "Sum"), signals.workflow("ExecutionsStarted", "Sum")),
        threshold=FAULTY_PERCENT,
    )
    yield Alarm(
        "IngestTimeouts",
        "Ingests ran out of time: executions TIMED_OUT.",
        _share(signals.workflow("ExecutionsTimedOut", "Sum"), signals.workflow("ExecutionsStarted", "Sum")),
        threshold=FAULTY_PERCENT,
    )
    yield Alarm(
        "IngestLatency",
        "Ingests are slow: the p95 of the execution time.",
        math(
            f"IF(ended >= {INGESTS_ENOUGH}, p95, 0)",
            ended=signals.workflow("ExecutionTime", "SampleCount"),
            p95=signals.workflow("ExecutionTime", "p95"),
        ),
        threshold=SLOW_INGEST_MILLISECONDS,
        breaches=2,
        periods=3,
    )
    yield Alarm(
        "RejectedUploads",
        "Most uploads are rejected: perhaps a frontend sends what it should not.",
        math(
            f"IF(FILL(rejected, 0) + FILL(ready, 0) >= {UPLOADS_ENOUGH}, "
            "100 * FILL(rejected, 0) / (FILL(rejected, 0) + FILL(ready, 0)), 0)",
            rejected=signals.step("Steps", "Sum", "reject", "rejected"),
            ready=signals.step("Steps", "Sum", "persist", "ready"),
        ),
        threshold=REJECTED_PERCENT,
        breaches=3,
        periods=3,
    )
    yield Alarm(
        "FunctionThrottles",
        "Lambda or Step Functions refuses to run more at once.",
        _sum(
            *(signals.function(name, "Throttles", "Sum") for name in signals.functions),
            signals.workflow("ExecutionThrottled", "Sum"),
        ),
        threshold=1,
        breaches=2,
        periods=3,
    )
    yield Alarm(
        "TableThrottles",
        "DynamoDB refuses reads or writes for being too many at once.",
        _sum(
            *(
                signals.of_table(name, index)
                for index in (None, *signals.indexes)
                for name in ("ReadThrottleEvents", "WriteThrottleEvents")
            )
        ),
        threshold=1,
        breaches=2,
        periods=3,
    )
    yield Alarm(
        "StuckRecords",
        "A record stays unsettled though sweeps came by: somebody's photo hangs.",
        signals.own("OldestOverdue", "Maximum"),
        threshold=STUCK_SECONDS,
    )
    yield Alarm(
        "SweepsMissing",
        "No sweep came to its end: what dead executions leave is not repaired.",
        signals.own("OldestOverdue", "SampleCount"),
        threshold=1,
        breaches=3,
        periods=3,
        rings_below=True,
        rings_on_silence=True,
    )
    yield Alarm(
        "ReconcileFaults",
        "What a dead execution left could not be ended, or the audit broke.",
        signals.function("Reconcile", "Errors", "Sum"),
        threshold=1,
    )
    yield Alarm(
        "ReportedPhotos",
        "A person has to look: a ready photo lacks objects, or a record cannot be read.",
        signals.own("Reconciled", "Sum", outcome="reported"),
        threshold=1,
    )
    yield Alarm(
        "DeadLetters",
        "A run of Reconcile came to nothing, and its letter says why.",
        signals.letters(),
        threshold=1,
    )


def _share(part: cloudwatch.IMetric, whole: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """How many per cent a part is of the whole, which is taken for `FEW` at least."""
    return math(f"100 * part / IF(FILL(whole, 0) > {FEW}, FILL(whole, 0), {FEW})", part=part, whole=whole)


def _sum(*metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """All of them together, of which CloudWatch takes ten at most (its guide, "Alarm limits").

    What is not told is none: also DynamoDB's, whose gaps no alarm would end for (PutMetricAlarm, `TreatMissingData`).
    """
    named = {f"m{index}": metric for index, metric in enumerate(metrics)}
    return math(" + ".join(f"FILL({name}, 0)" for name in named), **named)


def _slowest(signals: Signals) -> cloudwatch.MathExpression:
    """The largest p95 of the routes that are asked often enough."""
    routes = {
        name: math(
            f"IF(FILL({name}_n, 0) >= {REQUESTS_ENOUGH}, FILL({name}_p95, 0), 0)",
            **{
                f"{name}_n": signals.api("Latency", "SampleCount", route),
                f"{name}_p95": signals.api("Latency", "p95", route),
            },
        )
        for name, route in WAITED_FOR.items()
    }
    return math(f"MAX([{', '.join(routes)}])", **routes)
