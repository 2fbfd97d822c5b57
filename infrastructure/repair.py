"""When Reconcile runs: a sweep every few minutes, and an audit once a day."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infrastructure.functions import Function

RECONCILE_SECONDS: Final = 900
"""What Lambda grants at most. A run stops before, and the next goes on."""

SWEEP_EVERY: Final = Duration.minutes(5)
AUDIT_EVERY: Final = Duration.days(1)


class Repair(Construct):
    """The two rules. A run that failed, or could not begin in time, is made good by the next and by none before.

    So nothing is tried again and there is no dead-letter queue: its letters would all say the same. The alarm on the
    function's errors rings.
    """

    def __init__(self, scope: Construct, construct_id: str, *, reconcile: Function) -> None:
        super().__init__(scope, construct_id)
        reconcile.configure_async_invoke(retry_attempts=0, max_event_age=SWEEP_EVERY)
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
                    )
                ],
            )
