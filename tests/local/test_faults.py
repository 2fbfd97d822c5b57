"""What the answer, the record and the bucket say when something breaks while a photo is ingested."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from photosky.errors import Code
from tests.local.client import Client
from tests.local.test_errors import problem_of
from tests.pictures import encoded

Change = Callable[[dict[str, Any]], None]


@contextmanager
def changed(aws: Callable[[str], Any], outputs: dict[str, str], change: Change) -> Iterator[None]:
    """The ingest workflow with its definition changed, for a moment."""
    states, arn = aws("stepfunctions"), outputs["StateMachineArn"]
    definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
    broken = json.loads(definition)
    change(broken)
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(broken))
    try:
        yield
    finally:
        states.update_state_machine(stateMachineArn=arn, definition=definition)


def lose_the_etag(definition: dict[str, Any]) -> None:
    """Let Previews raise, for want of what it has to read."""
    del definition["States"]["Previews"]["Parameters"]["etag.$"]


def wait_before(step: str, seconds: int) -> Change:
    """Let every transition to a step pass a pause first."""

    def change(definition: dict[str, Any]) -> None:
        for state in definition["States"].values():
            for choice in state.get("Choices", []):
                choice["Next"] = "Pause" if choice["Next"] == step else choice["Next"]
        definition["States"]["Pause"] = {"Type": "Wait", "Seconds": seconds, "Next": step}

    return change


def test_a_step_that_raises_fails_the_photo_and_leaves_nothing_behind(
    demo: Client,
    aws: Callable[[str], Any],
    outputs: dict[str, str],
    objects: Callable[[str], list[str]],
    record: Callable[[str], dict[str, Any] | None],
) -> None:
    data = encoded("jpeg", seed=11)
    with changed(aws, outputs, lose_the_etag):
        photo_id, response = demo.send(data)
    problem_of(response, Code.INTERNAL_ERROR)
    photo = demo.read(photo_id)
    assert (photo["status"], photo["rejection"]["code"]) == ("failed", "InternalError")
    assert objects(photo_id) == []
    item = record(photo_id)
    assert item is not None
    assert item["execution"] == {"S": response.json()["request_id"]}


def test_a_failed_photo_can_be_uploaded_and_ingested_again(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]
) -> None:
    data = encoded("jpeg", seed=12)
    created = demo.create(data)
    photo_id = created["photo"]["photo_id"]
    demo.upload(created["upload"], data)
    with changed(aws, outputs, lose_the_etag):
        problem_of(demo.ingest(photo_id), Code.INTERNAL_ERROR)
    problem_of(demo.ingest(photo_id), Code.UPLOAD_MISSING)
    demo.upload(created["upload"], data)
    assert demo.ingest(photo_id).json()["status"] == "ready"


def test_a_workflow_that_runs_out_of_time_is_not_a_success(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]
) -> None:
    def hurry(definition: dict[str, Any]) -> None:
        wait_before("Previews", 30)(definition)
        definition["TimeoutSeconds"] = 1

    with changed(aws, outputs, hurry):
        _, response = demo.send(encoded("jpeg", seed=13))
    problem_of(response, Code.INGEST_TIMED_OUT)


def test_a_step_that_runs_out_of_time_is_told_apart_from_a_fault(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str], objects: Callable[[str], list[str]]
) -> None:
    def time_out(definition: dict[str, Any]) -> None:
        caught = {"owner_id.$": "$.owner_id", "photo_id.$": "$.photo_id", "fault": {"Error": "States.Timeout"}}
        definition["States"]["Previews"] = {"Type": "Pass", "Parameters": caught, "Next": "Fail"}

    with changed(aws, outputs, time_out):
        photo_id, response = demo.send(encoded("jpeg", seed=14))
    problem_of(response, Code.INGEST_TIMED_OUT)
    photo = demo.read(photo_id)
    assert (photo["status"], photo["rejection"]["code"]) == ("failed", "IngestTimedOut")
    assert objects(photo_id) == []


def test_an_upload_replaced_between_two_steps_is_refused(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str], objects: Callable[[str], list[str]]
) -> None:
    data, sneaky = encoded("jpeg", seed=15), b"<script>alert(1)</script>"
    created = demo.create(data)
    photo_id = created["photo"]["photo_id"]
    demo.upload(created["upload"], data)
    with changed(aws, outputs, wait_before("Previews", 3)), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(demo.ingest, photo_id)
        _await_status(demo, photo_id, "processing")
        key = created["upload"]["fields"]["key"]
        aws("s3").put_object(Bucket=outputs["MediaBucketName"], Key=key, Body=sneaky)
        response = answer.result()
    problem_of(response, Code.PRECONDITION_FAILED)
    photo = demo.read(photo_id)
    assert (photo["status"], photo["rejection"]["code"]) == ("rejected", "PreconditionFailed")
    assert objects(photo_id) == []


def test_a_photo_deleted_while_it_is_ingested_leaves_nothing_behind(
    demo: Client,
    aws: Callable[[str], Any],
    outputs: dict[str, str],
    objects: Callable[[str], list[str]],
    record: Callable[[str], dict[str, Any] | None],
) -> None:
    data = encoded("jpeg", seed=16)
    created = demo.create(data)
    photo_id = created["photo"]["photo_id"]
    demo.upload(created["upload"], data)
    with changed(aws, outputs, wait_before("Persist", 3)), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(demo.ingest, photo_id)
        _await_objects(objects, photo_id)
        assert demo.call("DELETE", f"/photos/{photo_id}").status_code == 204
        response = answer.result()
    problem_of(response, Code.PHOTO_NOT_FOUND)
    assert objects(photo_id) == []
    assert record(photo_id) is None


def test_the_state_of_the_workflow_holds_ids_and_numbers_only(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]
) -> None:
    _, response = demo.send(encoded("jpeg", size=(2400, 1800), seed=17), filename="secret place.jpg")
    states = aws("stepfunctions")
    executions = states.list_executions(stateMachineArn=outputs["StateMachineArn"])["executions"]
    (ours,) = [found for found in executions if found["name"] == response.headers["X-Request-Id"]]
    events = states.get_execution_history(executionArn=ours["executionArn"])["events"]
    inputs = [
        json.loads(event["stateEnteredEventDetails"]["input"])
        for event in events
        if event["type"] in ("TaskStateEntered", "ChoiceStateEntered")
    ]
    allowed = {"owner_id", "photo_id", "answer", "outcome", "etag", "size_bytes", "format", "previews", "width"}
    for state in inputs:
        shown = {**state, **state.get("answer", {})}
        assert set(shown) <= allowed | {"height"}
        assert len(json.dumps(state)) < 512


def _await_status(demo: Client, photo_id: str, status: str) -> None:
    for _ in range(200):
        if demo.read(photo_id)["status"] == status:
            return
        time.sleep(0.02)
    raise AssertionError(f"the photo never was {status}")


def _await_objects(objects: Callable[[str], list[str]], photo_id: str) -> None:
    for _ in range(200):
        if any(key.startswith("originals/") for key in objects(photo_id)):
            return
        time.sleep(0.02)
    raise AssertionError("the original never was promoted")
