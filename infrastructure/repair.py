"""The schedules of Reconcile, the workflow that it runs, and the dead-letter queue of its invocations."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.dead_letters import dead_letter_queue
from infrastructure.functions import Function
from photosky.ingests import INGEST_VARIABLE

RECONCILE_SECONDS: Final = 900
"""Lambda's maximum. An invocation stops before, and the next one continues."""

SWEEP_EVERY: Final = Duration.minutes(5)
AUDIT_EVERY: Final = Duration.days(1)


class Repair(Construct):
    """Two rules, a sweep every five minutes and a daily audit, and a dead-letter queue for both.

    A failed invocation is not retried, because the next scheduled one does its work. Its message in the queue names the
    invocation and the cause, which no metric does. Lambda sends it if the function raised or the event became too old,
    EventBridge if Lambda did not accept the event.
    """

    def __init__(self, scope: Construct, construct_id: str, *, reconcile: Function, ingest: sfn.IStateMachine) -> None:
        super().__init__(scope, construct_id)
        reconcile.add_environment(INGEST_VARIABLE, ingest.state_machine_arn)
        reconcile.allow(["states:StartSyncExecution"], [ingest.state_machine_arn])
        self.dead_letters = dead_letter_queue(self)
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
            invocations.node.add_dependency(reconcile.role)  # Lambda checks the permission of the role at creation.
        for name, every, audit, description in (
            ("Sweep", SWEEP_EVERY, False, "Repairs what was interrupted, and ingests uploads of closed clients."),
            ("Audit", AUDIT_EVERY, True, "Checks all records, and all objects that no record names."),
        ):
            events.Rule(
                self,
                name,
                description=description,
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
