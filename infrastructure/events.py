"""The events of the photos table: a pipe from its stream through the function Events to a bus of the environment."""

import json
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pipes as pipes
from constructs import Construct

from infrastructure.dead_letters import dead_letter_queue
from infrastructure.environment import Environment
from infrastructure.functions import Function
from infrastructure.pipe import BATCH_RECORDS, FILTERS
from infrastructure.storage import Storage
from photosky.events import SOURCE

EVENTS_SECONDS: Final = 20
"""Timeout of the function. A batch makes at most one request to S3, which is attempted three times, for 6 s each."""

MAX_RECORD_AGE_SECONDS: Final = 23 * 3600
"""Age at which the pipe gives up a record. The stream forgets it after 24 hours (DynamoDB guide, "Change data capture
for DynamoDB Streams"), and what is given up before that is named in the dead-letter queue."""

_STREAM_ACTIONS: Final = (
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
)
"""What a pipe needs of its source (EventBridge guide, "Amazon DynamoDB stream as a source")."""


class Events(Construct):
    """The bus, which has the name of the stack, the pipe to it, and the queue of records that the pipe gave up.

    The pipe starts at the oldest record of the stream, so that a new one misses nothing. It retries a failed batch,
    then its halves, for as long as the stream has its records. The order of records of one photo is kept.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, function: Function, storage: Storage, environment: Environment
    ) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=Stack.of(self).stack_name,
            description="What happens to photos; docs/events.md is the contract.",
        )
        if environment.event_archive_days:
            self.bus.archive(
                "Archive",
                description="All events, to be replayed.",
                event_pattern=events.EventPattern(source=[SOURCE]),
                retention=Duration.days(environment.event_archive_days),
            )
        self.dead_letters = dead_letter_queue(self)
        self.pipe = self._create_pipe(function, storage)

    def _create_pipe(self, function: Function, storage: Storage) -> pipes.CfnPipe:
        stream = storage.table.table_stream_arn
        if stream is None:
            raise ValueError("the table has no stream")
        role = self._create_role(function, stream)
        pipe = pipes.CfnPipe(
            self,
            "Pipe",
            description="Changes of photos as events.",
            role_arn=role.role_arn,
            source=stream,
            source_parameters=pipes.CfnPipe.PipeSourceParametersProperty(
                dynamo_db_stream_parameters=pipes.CfnPipe.PipeSourceDynamoDBStreamParametersProperty(
                    starting_position="TRIM_HORIZON",
                    batch_size=BATCH_RECORDS,
                    on_partial_batch_item_failure="AUTOMATIC_BISECT",
                    maximum_record_age_in_seconds=MAX_RECORD_AGE_SECONDS,
                    dead_letter_config=pipes.CfnPipe.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
                ),
                filter_criteria=pipes.CfnPipe.FilterCriteriaProperty(
                    filters=[pipes.CfnPipe.FilterProperty(pattern=json.dumps(pattern)) for pattern in FILTERS]
                ),
            ),
            enrichment=function.function_arn,
            target=self.bus.event_bus_arn,
            target_parameters=pipes.CfnPipe.PipeTargetParametersProperty(
                event_bridge_event_bus_parameters=pipes.CfnPipe.PipeTargetEventBridgeEventBusParametersProperty(
                    source=SOURCE, detail_type="$.type"
                )
            ),
        )
        pipe.node.add_dependency(role)  # EventBridge checks the permissions of the role at creation.
        return pipe

    def _create_role(self, function: Function, stream: str) -> iam.Role:
        role = iam.Role(
            self,
            "PipeRole",
            assumed_by=iam.ServicePrincipal(
                "pipes.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
            ),
        )
        for actions, resource in (
            (_STREAM_ACTIONS, stream),
            (("lambda:InvokeFunction",), function.function_arn),
            (("events:PutEvents",), self.bus.event_bus_arn),
            (("sqs:SendMessage",), self.dead_letters.queue_arn),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))
        return role
