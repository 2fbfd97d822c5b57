"""Queues of what an AWS service gave up, for an operator."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure.findings import accept

RETENTION: Final = Duration.days(14)
"""The maximum of SQS (SQS guide, "Message quotas")."""


def dead_letter_queue(scope: Construct) -> sqs.Queue:
    """An encrypted queue in `scope` that only accepts TLS."""
    queue = sqs.Queue(
        scope,
        "DeadLetters",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=RETENTION,
    )
    accept(queue, "SQS3", because="It is a dead-letter queue itself.")
    return queue
