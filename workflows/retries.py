"""The retry policy of all tasks: they retry transient errors of Lambda only."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

INTERVAL_SECONDS: Final = 1
BACKOFF_RATE: Final = 2

TRANSIENT_ERRORS: Final = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
"""Step Functions guide, "Handling transient Lambda service exceptions"."""


def retry_transient_errors(
    task: tasks.LambdaInvoke, *, max_attempts: int, max_delay_seconds: int | None = None
) -> None:
    """Retry a task up to `max_attempts` times, with exponential backoff and full jitter."""
    task.add_retry(
        errors=TRANSIENT_ERRORS,
        interval=Duration.seconds(INTERVAL_SECONDS),
        max_attempts=max_attempts,
        backoff_rate=BACKOFF_RATE,
        max_delay=None if max_delay_seconds is None else Duration.seconds(max_delay_seconds),
        jitter_strategy=sfn.JitterType.FULL,
    )
