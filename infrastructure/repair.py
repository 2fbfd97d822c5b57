"""When Reconcile runs: a sweep every few minutes, an audit once a day; and where a run that came to nothing is told."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure.findings import accept
from infrastructure.functions import Function

RECONCILE_SECONDS: Final = 900
"""What Lambda grants at most. A run stops before, and the next goes on."""

SWEEP_EVERY: Final = Duration.minutes(5)
AUDIT_EVERY: Final = Duration.days(1)

LETTERS_KEPT: Final = Duration.days(14)
"""The longest that SQS keeps a message (SQS guide, "Message quotas")."""


class Repair(Construct):
    """The two rules, and the dead-letter queue of what they start.

    A run that failed, or could not begin in time, is made good by the next and by none before, so nothing is tried
    again. Its letter tells what no metric does: which run it was, and why it came to nothing: from Lambda with the
    error where the run raised or its event grew too old, from EventBridge where Lambda would not take it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, reconcile: Function) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=LETTERS_KEPT,
        )
        accept(self.dead_letters, "SQS3", because="It is a dead-letter queue itself: of two rules and a destination.")
        reconcile.allow(["sqs:SendMessage"], [self.dead_letters.queue_arn])
        invocations = lambda_.CfnEventInvokeConfig(
            self,
            "Invocations",
            function_name=reconcile.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=SWEEP_EVERY.to_seconds(),
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.dead_letters.queue_arn)
            ),
        )
        if reconcile.role is not None:
            invocations.node.add_dependency(reconcile.role)  # Lambda asks at once whether the role may send there.
        for name, every, audit, told in (
            ("Sweep", SWEEP_EVERY, False, "Ends what dead executions and half-finished deletions left undone."),
            ("Audit", AUDIT_EVERY, True, "Looks for what no index and no record knows of."),
        ):
            events.Rule(
                self,
                name,
                description=told,
                schedule=events.Schedule.rate(every),
                targets=[
                    targets.LambdaFunction(
                        reconcile,
                        event=events.RuleTargetInput.from_object({"audit": audit}),
                        retry_attempts=0,
                        max_event_age=SWEEP_EVERY,
                        dead_letter_queue=self.dead_letters,
                    )
                ],
            )
