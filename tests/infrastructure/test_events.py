"""The stream of the table, the pipe that makes events of it, and their bus."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from diagrams.synthesis import Synthesized, Template
from infrastructure.pipe import FILTERS
from photosky.events import SOURCE
from tests.patterns import matches


def test_the_stream_has_both_images(stack_template: Template) -> None:
    table = stack_template.one("AWS::DynamoDB::Table").properties
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_bus_has_the_name_of_the_stack(stack: Synthesized) -> None:
    assert stack.template.one("AWS::Events::EventBus").properties["Name"] == stack.stack_name
    assert not stack.template.all("AWS::Events::EventBusPolicy")


def test_the_pipe_connects_stream_function_and_bus(stack_template: Template) -> None:
    pipe = stack_template.one("AWS::Pipes::Pipe").properties
    ends = {name: stack_template.text(pipe[name]) for name in ("Source", "Enrichment", "Target")}
    assert ends == {
        "Source": "${Storage/Photos.StreamArn}",
        "Enrichment": "${Events.Arn}",
        "Target": "${EventPipe/Bus.Arn}",
    }
    assert pipe["TargetParameters"] == {
        "EventBridgeEventBusParameters": {"Source": SOURCE, "DetailType": "$.type"},
    }


def test_nothing_logs_the_records(stack_template: Template) -> None:
    assert "LogConfiguration" not in stack_template.one("AWS::Pipes::Pipe").properties


def test_the_pipe_loses_no_record_that_the_stream_has(stack_template: Template) -> None:
    parameters = stack_template.one("AWS::Pipes::Pipe").properties["SourceParameters"]
    stream = dict(parameters["DynamoDBStreamParameters"])
    assert stack_template.text(stream.pop("DeadLetterConfig")["Arn"]) == "${EventPipe/DeadLetters.Arn}"
    assert stream == {
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 10,
        "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
        "MaximumRecordAgeInSeconds": 23 * 3600,
    }
    assert [json.loads(one["Pattern"]) for one in parameters["FilterCriteria"]["Filters"]] == list(FILTERS)


def test_the_pipe_is_created_after_its_permissions(stack_template: Template) -> None:
    pipe = stack_template.one("AWS::Pipes::Pipe")
    (policy,) = (p for p in stack_template.all("AWS::IAM::Policy") if p.address.startswith("EventPipe/PipeRole"))
    assert policy.logical_id in pipe.document["DependsOn"]


def test_no_environment_keeps_an_archive_unless_its_knob_says_so(stacks: Mapping[str, Synthesized]) -> None:
    archived = {name for name, stack in stacks.items() if stack.template.all("AWS::Events::Archive")}
    assert archived == {name for name, stack in stacks.items() if stack.environment.event_archive_days}


@pytest.mark.parametrize(
    ("record", "passes"),
    [
        ({"NewImage": {"status": {"S": "ready"}, "revision": {"N": "1"}}}, True),
        ({"NewImage": {"status": {"S": "processing"}}}, False),
        ({"NewImage": {"changes": {"N": "1"}}}, False),
        ({"eventName": "REMOVE", "OldImage": {"status": {"S": "failed"}, "revision": {"N": "1"}}}, True),
        ({"eventName": "REMOVE", "OldImage": {"status": {"S": "deleting"}, "revision": {"N": "1"}}}, False),
        ({"eventName": "REMOVE", "OldImage": {"status": {"S": "awaiting_upload"}}}, False),
        ({"eventName": "REMOVE", "OldImage": {"photo_id": {"S": "deleted/1"}}}, False),
    ],
)
def test_only_photos_after_their_first_change_pass_the_filters(record: dict[str, Any], *, passes: bool) -> None:
    images = {name: image for name, image in record.items() if name != "eventName"}
    given = {"eventName": record.get("eventName", "MODIFY"), "dynamodb": images}
    assert any(matches(pattern, given) for pattern in FILTERS) is passes
