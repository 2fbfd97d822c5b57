"""Traces of requests: their call tree, their annotations, and the ids that connect them with logs and records."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local.critical_path import calls_of, longest_chain
from tests.local.client import Client
from tests.local.traces import Trace, all_traces, log_lines
from tests.pictures import encoded, truncated

Aws = Callable[[str], Any]


INGEST = """\
PhotoSky local/v1 [ApiGateway::Stage]
  STEPFUNCTIONS StartSyncExecution
    WorkflowIngest [StepFunctions::StateMachine]
      Validate
        Lambda Invoke
          Validate [Lambda]
            Validate [Lambda::Function]
              validate
                claim
                  dynamodb UpdateItem
                header
                  s3 GetObject
      Is it valid?
      Process
        Previews
          Lambda Invoke
            Previews [Lambda]
              Previews [Lambda::Function]
                previews
                  download
                    s3 GetObject
                  decode
                  colour
                  preview large
                  preview medium
                  preview small
                  preview thumb
                  encode
                  describe
                    s3 PutObject
                  upload large
                    s3 PutObject
                  upload medium
                    s3 PutObject
                  upload small
                    s3 PutObject
                  upload thumb
                    s3 PutObject
        Promote
          Lambda Invoke
            Promote [Lambda]
              Promote [Lambda::Function]
                promote
                  copy
                    s3 CopyObject
      Is it rendered?
      Persist
        Lambda Invoke
          Persist [Lambda]
            Persist [Lambda::Function]
              persist
                complete
                  facts
                    s3 GetObject
                  record
                    dynamodb GetItem
                  dynamodb TransactWriteItems
      Answered
"""

REJECTION = """\
PhotoSky local/v1 [ApiGateway::Stage] error
  STEPFUNCTIONS StartSyncExecution
    WorkflowIngest [StepFunctions::StateMachine]
      Validate
        Lambda Invoke
          Validate [Lambda]
            Validate [Lambda::Function]
              validate
                claim
                  dynamodb UpdateItem
                header
                  s3 GetObject
      Is it valid?
      Process
        Previews
          Lambda Invoke
            Previews [Lambda]
              Previews [Lambda::Function]
                previews
                  download
                    s3 GetObject
                  decode error
        Promote
          Lambda Invoke
            Promote [Lambda]
              Promote [Lambda::Function]
                promote
                  copy
                    s3 CopyObject
      Is it rendered?
      Reject
        Lambda Invoke
          Reject [Lambda]
            Reject [Lambda::Function]
              reject
                refuse
                  dynamodb UpdateItem
                remove
                  s3 DeleteObjects
                settle
                  dynamodb TransactWriteItems
      Answered
"""

ROUTE = """\
PhotoSky local/v1 [ApiGateway::Stage] error
  Lambda Invoke
    PhotosApi [Lambda]
      PhotosApi [Lambda::Function]
        photos_api
          dynamodb GetItem
"""


@pytest.fixture
def trace_of(aws: Aws) -> Callable[[httpx.Response], Trace]:
    """A function that returns the trace of a response."""

    def read(response: httpx.Response) -> Trace:
        root = response.headers["X-Amzn-Trace-Id"].removeprefix("Root=")
        (trace,) = aws("xray").batch_get_traces(TraceIds=[root])["Traces"]
        return Trace([json.loads(segment["Document"]) for segment in trace["Segments"]])

    return read


def test_ingest_is_one_trace_from_gateway_to_aws_calls(
    demo: Client, trace_of: Callable[[httpx.Response], Trace]
) -> None:
    photo_id, response = demo.send(encoded("jpeg", size=(2400, 1600)))
    trace = trace_of(response)
    assert trace.shape() == INGEST
    common = {"photo_id": photo_id, "execution": response.headers["X-Request-Id"]}
    assert trace.annotations("validate") == common | {"step": "validate", "outcome": "accepted", "format": "jpeg"}
    assert trace.annotations("previews") == common | {"step": "previews", "outcome": "rendered"}
    assert trace.annotations("promote") == common | {"step": "promote", "outcome": "promoted"}
    assert trace.annotations("persist") == common | {"step": "persist", "outcome": "ready"}
    assert not [part["name"] for part in trace.parts() if part.get("in_progress") or part.get("fault")]
    assert all(part["start_time"] <= part["end_time"] for part in trace.parts())


def test_ingest_makes_at_most_eight_calls_one_after_the_other(
    demo: Client, trace_of: Callable[[httpx.Response], Trace]
) -> None:
    # Claim and header begin together, all previews but the last, the last preview and the facts, and then the record
    # and the facts. The transaction and the removal are alone, the copy is next to all that Previews does. A call of a
    # few milliseconds may end before one that does not wait for it begins, so one of several traces has to show each.
    traces = [trace_of(demo.send(encoded("jpeg", size=(2400, 1600), seed=seed))[1]) for seed in range(70, 74)]
    assert min(len(longest_chain(calls_of(trace.segments))) for trace in traces) <= 8
    for one, other in (("claim", "header"), ("facts", "record"), ("previews", "promote")):
        assert any(_overlap(trace.span(one), trace.span(other)) for trace in traces), f"{one} and {other}"
    assert any(map(_uploads_while_it_encodes, traces))


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def _uploads_while_it_encodes(trace: Trace) -> bool:
    _, encoded_at = trace.span("encode")
    return min(trace.span(f"upload {name}") for name in ("thumb", "small", "medium", "large"))[0] < encoded_at


def test_rejected_upload_is_no_fault_in_its_trace(demo: Client, trace_of: Callable[[httpx.Response], Trace]) -> None:
    photo_id, response = demo.send(truncated(encoded("jpeg", size=(2400, 1600)), 40_000))
    trace = trace_of(response)
    assert (response.status_code, trace.shape()) == (422, REJECTION)
    common = {"photo_id": photo_id, "execution": response.headers["X-Request-Id"]}
    assert trace.annotations("reject") == common | {"step": "reject", "outcome": "rejected", "code": "CorruptImage"}


def test_trace_of_a_route_has_its_name_and_status(demo: Client, trace_of: Callable[[httpx.Response], Trace]) -> None:
    photo_id = demo.create(b"x")["photo"]["photo_id"]
    response = demo.call("PATCH", f"/photos/{photo_id}", json={"title": "x"}, headers={"If-Match": '"7"'})
    trace = trace_of(response)
    assert (response.status_code, trace.shape()) == (412, ROUTE)
    assert trace.annotations("photos_api") == {
        "route": "PATCH /photos/{photo_id}",
        "request_id": response.headers["X-Request-Id"],
        "photo_id": photo_id,
        "status": "412",
        "code": "PreconditionFailed",
    }


def test_every_aws_call_of_the_functions_is_traced(demo: Client, aws: Aws) -> None:
    since = time.time()
    photo_id, _ = demo.send(encoded("png", size=(300, 200)), content_type="image/png")
    demo.send(b"no picture")
    demo.call("GET", "/photos")
    demo.call("DELETE", f"/photos/{photo_id}", params={"permanent": "true"})
    served = {
        event["requestID"]: event["eventName"]
        for event in calls_of_roles(aws, "s3", since) + calls_of_roles(aws, "dynamodb", since)
    }
    traced = {part.get("aws", {}).get("request_id") for trace in all_traces(aws, since) for part in trace.parts()}
    assert len(served) >= 20
    assert {request: name for request, name in served.items() if request not in traced} == {}


def calls_of_roles(aws: Aws, service: str, since: float) -> list[dict[str, Any]]:
    """The CloudTrail events of the functions' calls to a service after `since`."""
    source = {"AttributeKey": "EventSource", "AttributeValue": f"{service}.amazonaws.com"}
    found = aws("cloudtrail").lookup_events(LookupAttributes=[source], StartTime=since)["Events"]
    assert len(found) < 50, "the emulator returns at most 50 events"
    events = [json.loads(event["CloudTrailEvent"]) for event in found]
    return [event for event in events if event["userIdentity"]["accessKeyId"].startswith("ASIA")]


def test_request_id_is_in_execution_record_logs_and_trace(
    demo: Client,
    aws: Aws,
    outputs: dict[str, str],
    record: Callable[[str], dict[str, Any] | None],
    trace_of: Callable[[httpx.Response], Trace],
) -> None:
    since = time.time()
    photo_id, response = demo.send(encoded("jpeg"))
    request_id, root = response.headers["X-Request-Id"], response.headers["X-Amzn-Trace-Id"].removeprefix("Root=")
    arn = f"{outputs['StateMachineArn'].replace(':stateMachine:', ':execution:')}:{request_id}"
    execution = aws("stepfunctions").describe_execution(executionArn=arn)
    assert (execution["name"], execution["status"]) == (request_id, "SUCCEEDED")
    assert f"Root={root};" in execution["traceHeader"]
    item = record(photo_id)
    assert item is not None
    assert item["execution"] == {"S": request_id}
    lines = [json.loads(line) for line in log_lines(aws, since) if f'"execution":"{request_id}"' in line]
    assert {(line["step"], line["xray_trace_id"]) for line in lines if "step" in line and "level" in line} == {
        (step, root) for step in ("validate", "previews", "promote", "persist")
    }
    for name, value in (("execution", request_id), ("photo_id", photo_id)):
        found = all_traces(aws, since, f'annotation.{name} = "{value}"')
        assert trace_of(response).segments in [trace.segments for trace in found]


def test_trace_filters_other_than_annotations_are_refused(aws: Aws) -> None:
    with pytest.raises(Exception, match="only annotations can be compared"):
        all_traces(aws, 0, "responsetime > 5")
