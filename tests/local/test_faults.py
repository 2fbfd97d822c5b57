"""Faults during an ingest: the response, the record and the objects after them."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from diagrams.reading import states_of
from photosky.errors import Code
from tests.local.client import Client
from tests.local.test_errors import problem_of
from tests.pictures import encoded

Change = Callable[[dict[str, Any]], None]


@contextmanager
def changed_workflow(aws: Callable[[str], Any], outputs: dict[str, str], change: Change) -> Iterator[None]:
    """Change the definition of the ingest workflow until the block ends."""
    states, arn = aws("stepfunctions"), outputs["StateMachineArn"]
    definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
    changed = json.loads(definition)
    change(changed)
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(changed))
    try:
        yield
    finally:
        states.update_state_machine(stateMachineArn=arn, definition=definition)


def remove_etag(definition: dict[str, Any]) -> None:
    """Remove an input of Previews, so that it raises."""
    del states_of(definition)["Previews"]["Parameters"]["etag.$"]


def wait_before(step: str, seconds: int) -> Change:
    """Wait before each transition to a step."""

    def change(definition: dict[str, Any]) -> None:
        for state in definition["States"].values():
            for choice in state.get("Choices", []):
                choice["Next"] = "Pause" if choice["Next"] == step else choice["Next"]
        definition["States"]["Pause"] = {"Type": "Wait", "Seconds": seconds, "Next": step}

    return change


def test_error_in_a_step_fails_the_photo_and_removes_objects(
    demo: Client,
    aws: Callable[[str], Any],
    outputs: dict[str, str],
    objects: Callable[[str], list[str]],
    record: Callable[[str], dict[str, Any] | None],
) -> None:
    data = encoded("jpeg", seed=11)
    with changed_workflow(aws, outputs, remove_etag):
        photo_id, response = demo.send(data)
    problem_of(response, Code.INTERNAL_ERROR)
    photo = demo.read(photo_id)
    assert (photo["status"], photo["rejection"]["code"]) == ("failed", "InternalError")
    assert objects(photo_id) == []
    item = record(photo_id)
    assert item is not None
    assert item["execution"] == {"S": response.json()["request_id"]}


def test_failed_photo_can_be_uploaded_and_ingested_again(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]
) -> None:
    data = encoded("jpeg", seed=12)
    created = demo.create(data)
    photo_id = created["photo"]["photo_id"]
    demo.upload(created["upload"], data)
    with changed_workflow(aws, outputs, remove_etag):
        problem_of(demo.ingest(photo_id), Code.INTERNAL_ERROR)
    problem_of(demo.ingest(photo_id), Code.UPLOAD_MISSING)
    demo.upload(created["upload"], data)
    assert demo.ingest(photo_id).json()["status"] == "ready"


def test_timeout_of_the_workflow_is_reported(demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]) -> None:
    def shorten_timeout(definition: dict[str, Any]) -> None:
        wait_before("Process", 30)(definition)
        definition["TimeoutSeconds"] = 1

    with changed_workflow(aws, outputs, shorten_timeout):
        _, response = demo.send(encoded("jpeg", seed=13))
    problem_of(response, Code.INGEST_TIMED_OUT)


def test_timeout_of_a_step_is_reported(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str], objects: Callable[[str], list[str]]
) -> None:
    def time_out(definition: dict[str, Any]) -> None:
        caught = {"owner_id.$": "$.owner_id", "photo_id.$": "$.photo_id", "fault": {"Error": "States.Timeout"}}
        definition["States"]["Process"] = {"Type": "Pass", "Parameters": caught, "Next": "Fail"}

    with changed_workflow(aws, outputs, time_out):
        photo_id, response = demo.send(encoded("jpeg", seed=14))
    problem_of(response, Code.INGEST_TIMED_OUT)
    photo = demo.read(photo_id)
    assert (photo["status"], photo["rejection"]["code"]) == ("failed", "IngestTimedOut")
    assert objects(photo_id) == []


def test_upload_replaced_between_steps_is_rejected(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str], objects: Callable[[str], list[str]]
) -> None:
    data, replacement = encoded("jpeg", seed=15), b"<script>alert(1)</script>"
    created = demo.create(data)
    photo_id = created["photo"]["photo_id"]
    demo.upload(created["upload"], data)
    with changed_workflow(aws, outputs, wait_before("Process", 3)), ThreadPoolExecutor(1) as pool:
        ingest = pool.submit(demo.ingest, photo_id)
        _await_status(demo, photo_id, "processing")
        key = created["upload"]["fields"]["key"]
        aws("s3").put_object(Bucket=outputs["MediaBucketName"], Key=key, Body=replacement)
        response = ingest.result()
    problem_of(response, Code.PRECONDITION_FAILED)
    photo = demo.read(photo_id)
    assert (photo["status"], photo["rejection"]["code"]) == ("rejected", "PreconditionFailed")
    assert objects(photo_id) == []


def test_photo_deleted_during_its_ingest_leaves_no_objects_or_record(
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
    with changed_workflow(aws, outputs, wait_before("Persist", 3)), ThreadPoolExecutor(1) as pool:
        ingest = pool.submit(demo.ingest, photo_id)
        _await_objects(objects, photo_id)
        assert demo.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"}).status_code == 204
        response = ingest.result()
    problem_of(response, Code.PHOTO_NOT_FOUND)
    assert objects(photo_id) == []
    assert record(photo_id) is None


def test_execution_state_holds_only_ids_and_numbers(
    demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]
) -> None:
    _, response = demo.send(encoded("jpeg", size=(2400, 1800), seed=17), filename="secret place.jpg")
    states = aws("stepfunctions")
    executions = states.list_executions(stateMachineArn=outputs["StateMachineArn"])["executions"]
    (execution,) = [found for found in executions if found["name"] == response.headers["X-Request-Id"]]
    events = states.get_execution_history(executionArn=execution["executionArn"])["events"]
    inputs = [
        json.loads(event["stateEnteredEventDetails"]["input"])
        for event in events
        if event["type"] in ("TaskStateEntered", "ChoiceStateEntered")
    ]
    allowed = {"owner_id", "photo_id", "result", "outcome", "etag", "size_bytes", "format", "previews", "content_type"}
    allowed |= {"declared_sha256", "width", "height", "promoted", "fault"}
    for state in inputs:
        assert set({**state, **state.get("result", {})}) <= allowed
        assert len(json.dumps(state)) < 512


def _await_status(demo: Client, photo_id: str, status: str) -> None:
    for _ in range(200):
        if demo.read(photo_id)["status"] == status:
            return
        time.sleep(0.02)
    raise AssertionError(f"the photo did not become {status}")


def _await_objects(objects: Callable[[str], list[str]], photo_id: str) -> None:
    for _ in range(200):
        if any(key.endswith("/facts.json") for key in objects(photo_id)):
            return
        time.sleep(0.02)
    raise AssertionError("the facts were not stored")
