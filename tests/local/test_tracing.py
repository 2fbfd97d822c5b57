"""One trace for each request, from the gateway to the last call; what ties it to the rest; and what it never tells."""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from local.connection import Connection
from tests.local.client import Client, signed_up
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
                  s3 HeadObject
                  s3 GetObject
      Is it valid?
      Previews
        Lambda Invoke
          Previews [Lambda]
            Previews [Lambda::Function]
              previews
                dynamodb GetItem
                download
                  s3 GetObject
                decode
                colour
                preview large
                preview medium
                preview small
                preview thumb
                encode
                upload
                  s3 PutObject
                  s3 PutObject
                  s3 PutObject
                  s3 PutObject
                  s3 CopyObject
                describe
                  dynamodb UpdateItem
      Is it rendered?
      Persist
        Lambda Invoke
          Persist [Lambda]
            Persist [Lambda::Function]
              persist
                dynamodb GetItem
                complete
                  dynamodb UpdateItem
                remove
                  s3 DeleteObjects
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
                  s3 HeadObject
                  s3 GetObject
      Is it valid?
      Previews
        Lambda Invoke
          Previews [Lambda]
            Previews [Lambda::Function]
              previews
                dynamodb GetItem
                download
                  s3 GetObject
                decode error
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
                  dynamodb UpdateItem
      Answered
"""

ROUTE = """\
PhotoSky local/v1 [ApiGateway::Stage] error
  Lambda Invoke
    PhotosApi [Lambda]
      PhotosApi [Lambda::Function]
        photos_api
          dynamodb UpdateItem error
"""


class Trace:
    """One trace as X-Ray's API gives it."""

    def __init__(self, segments: list[dict[str, Any]]) -> None:
        self.segments = segments

    def parts(self) -> Iterator[dict[str, Any]]:
        """Every segment and subsegment."""

        def walk(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
            yield part
            for child in part.get("subsegments", []):
                yield from walk(child)

        for segment in self.segments:
            yield from walk(segment)

    def annotations(self, name: str) -> dict[str, Any]:
        """Those of the one subsegment of that name."""
        (part,) = [part for part in self.parts() if part["name"] == name]
        return dict(part["annotations"])

    def shape(self) -> str:
        """Names, origins and operations, each line below what called it; made-up names without their ends."""

        def lines(part: dict[str, Any], depth: int) -> Iterator[str]:
            made_up = re.fullmatch(r"PhotoSky-local-(\w+?)[0-9A-F]{8}-\w+", part["name"])
            origin = part.get("origin", "").removeprefix("AWS::")
            told = [
                made_up[1] if made_up else part["name"],
                f"[{origin}]" if origin else "",
                part.get("aws", {}).get("operation", ""),
                *(flag for flag in ("fault", "error", "throttle", "in_progress") if part.get(flag)),
            ]
            yield "  " * depth + " ".join(word for word in told if word)
            called = [segment for segment in self.segments if segment.get("parent_id") == part["id"]]
            for child in [*part.get("subsegments", []), *called]:
                yield from lines(child, depth + 1)

        first, *_ = self.segments
        return "\n".join([*lines(first, 0), ""])


@pytest.fixture
def trace_of(aws: Aws) -> Callable[[httpx.Response], Trace]:
    """The trace of an answered request."""

    def read(response: httpx.Response) -> Trace:
        root = response.headers["X-Amzn-Trace-Id"].removeprefix("Root=")
        (trace,) = aws("xray").batch_get_traces(TraceIds=[root])["Traces"]
        return Trace([json.loads(segment["Document"]) for segment in trace["Segments"]])

    return read


def all_traces(aws: Aws, since: float, filter_expression: str = "") -> list[Trace]:
    """Every trace that began since then."""
    client = aws("xray")
    found = client.get_trace_summaries(StartTime=since, EndTime=time.time() + 1, FilterExpression=filter_expression)
    roots = [summary["Id"] for summary in found["TraceSummaries"]]
    traces = client.batch_get_traces(TraceIds=roots)["Traces"] if roots else []
    return [Trace([json.loads(segment["Document"]) for segment in trace["Segments"]]) for trace in traces]


def test_an_ingest_is_one_trace_from_the_gateway_to_every_call(
    demo: Client, trace_of: Callable[[httpx.Response], Trace]
) -> None:
    photo_id, response = demo.send(encoded("jpeg", size=(2400, 1600)))
    trace = trace_of(response)
    assert trace.shape() == INGEST
    about = {"photo_id": photo_id, "execution": response.headers["X-Request-Id"]}
    assert trace.annotations("validate") == about | {"step": "validate", "outcome": "accepted", "format": "jpeg"}
    assert trace.annotations("previews") == about | {"step": "previews", "outcome": "rendered"}
    assert trace.annotations("persist") == about | {"step": "persist", "outcome": "ready"}
    assert not [part["name"] for part in trace.parts() if part.get("in_progress") or part.get("fault")]
    assert all(part["start_time"] <= part["end_time"] for part in trace.parts())


def test_a_rejected_upload_is_no_fault_in_its_trace(demo: Client, trace_of: Callable[[httpx.Response], Trace]) -> None:
    photo_id, response = demo.send(truncated(encoded("jpeg", size=(2400, 1600)), 40_000))
    trace = trace_of(response)
    assert (response.status_code, trace.shape()) == (422, REJECTION)
    about = {"photo_id": photo_id, "execution": response.headers["X-Request-Id"]}
    assert trace.annotations("reject") == about | {"step": "reject", "outcome": "rejected", "code": "CorruptImage"}


def test_a_routes_trace_says_which_and_how_it_ended(demo: Client, trace_of: Callable[[httpx.Response], Trace]) -> None:
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


def test_every_call_that_the_functions_made_is_in_a_trace(demo: Client, aws: Aws) -> None:
    since = time.time()
    photo_id, _ = demo.send(encoded("png", size=(300, 200)), content_type="image/png")
    demo.send(b"no picture")
    demo.call("GET", "/photos")
    demo.call("DELETE", f"/photos/{photo_id}")
    served = {
        event["requestID"]: event["eventName"]
        for event in calls_of_roles(aws, "s3", since) + calls_of_roles(aws, "dynamodb", since)
    }
    traced = {part.get("aws", {}).get("request_id") for trace in all_traces(aws, since) for part in trace.parts()}
    assert len(served) > 25
    assert {request: name for request, name in served.items() if request not in traced} == {}


def calls_of_roles(aws: Aws, service: str, since: float) -> list[dict[str, Any]]:
    """What the emulator served the functions of a service since then, as CloudTrail tells it."""
    source = {"AttributeKey": "EventSource", "AttributeValue": f"{service}.amazonaws.com"}
    found = aws("cloudtrail").lookup_events(LookupAttributes=[source], StartTime=since)["Events"]
    assert len(found) < 50, "the emulator gives no more at once"
    events = [json.loads(event["CloudTrailEvent"]) for event in found]
    return [event for event in events if event["userIdentity"]["accessKeyId"].startswith("ASIA")]


def test_the_requests_id_names_execution_record_log_lines_and_trace(
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
        (step, root) for step in ("validate", "previews", "persist")
    }
    for name, value in (("execution", request_id), ("photo_id", photo_id)):
        found = all_traces(aws, since, f'annotation.{name} = "{value}"')
        assert trace_of(response).segments in [trace.segments for trace in found]


def test_another_filter_than_one_of_annotations_is_refused(aws: Aws) -> None:
    with pytest.raises(Exception, match="only annotations can be searched here"):
        all_traces(aws, 0, "responsetime > 5")


# --- Privacy --------------------------------------------------------------------------------------------------------


def log_lines(aws: Aws, since: float) -> list[str]:
    """What every log group got since then."""
    logs = aws("logs")
    return [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=group["logGroupName"], startTime=int(since * 1000)
        )
        for event in page["events"]
    ]


@pytest.fixture
def logging_like_prod(aws: Aws, outputs: dict[str, str]) -> Iterator[None]:
    """The running stack with prod's `log_level` and `log_execution_data`, and then as it was."""
    functions, machines = aws("lambda"), aws("stepfunctions")
    variables = {
        function["FunctionName"]: function["Environment"]["Variables"]
        for function in functions.list_functions()["Functions"]
        if "POWERTOOLS_LOG_LEVEL" in function.get("Environment", {}).get("Variables", {})
    }
    assert len(variables) == 9
    prefix = "/aws/vendedlogs/states/PhotoSky-local/ingest"
    (group,) = aws("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{group['arn'].removesuffix(':*')}:*"}}

    def turn(level: str, *, data: bool) -> None:
        for name, kept in variables.items():
            changed = {**kept, "POWERTOOLS_LOG_LEVEL": level}
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
        machines.update_state_machine(
            stateMachineArn=outputs["StateMachineArn"],
            loggingConfiguration={"level": "ALL", "includeExecutionData": data, "destinations": [destination]},
        )

    turn("INFO", data=False)
    yield
    turn("DEBUG", data=True)


@pytest.mark.usefixtures("logging_like_prod")
def test_neither_logs_nor_traces_of_the_whole_journey_tell_names_keys_tokens_or_places(
    connection: Connection, aws: Aws
) -> None:
    since = time.time()
    with signed_up(connection, aws("cognito-idp"), "grandmother@photosky.test") as person:
        sub = json.loads(base64.urlsafe_b64decode(person.token.split(".")[1] + "=="))["sub"]
        secrets, place = journey(person)
        before_the_typo = all_traces(aws, since)
        person.call("POST", "/photos/in-grandmas-garden.jpg/ingest")
        person.call("GET", "/photos/in-grandmas-garden.jpg")
    secrets |= {sub, *person.token.split("."), "grandma", "Grandma", "latitude", *place}
    secrets |= {"incoming/", "originals/", "previews/", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token"}
    # A moment may have a place's digits by chance.
    documents = [re.sub(r'"(start|end)_time": [0-9.]+', "", json.dumps(trace.segments)) for trace in before_the_typo]
    lines = log_lines(aws, since)
    assert [line for line in lines if any(secret in line for secret in secrets)] == []
    assert [document for document in documents if any(secret in document for secret in secrets)] == []
    told = "".join(lines)
    assert '"step":"validate"' in told
    assert '"route":"PATCH /photos/{photo_id}"' in told
    assert "ExecutionSucceeded" in told
    assert len(documents) >= 13, "of this journey; Reconcile may have run beside it"


def journey(person: Client) -> tuple[set[str], set[str]]:
    """All that one can do with a photo, well and badly: what was secret of it, and where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.4), 3: "E", 4: (2.0, 17.0, 40.2)})
    data = encoded("jpeg", size=(2400, 1600), exif=exif)
    about = {"title": "Grandma at ninety", "description": "with her nurse", "tags": ["oncology"]}

    photo_id, ingested = person.send(data, filename="grandmas-house.jpg")
    assert ingested.status_code == 200, ingested.text
    location = ingested.json()["location"]
    place = {str(location["latitude"]), str(location["longitude"])}
    assert place == {"48.858167", "2.2945"}
    second, _ = person.send(encoded("png"), filename="grandmas-house.png", content_type="image/png")
    cursor = person.call("GET", "/photos", params={"limit": 1}).json()["next_cursor"]
    assert person.call("GET", "/photos", params={"cursor": cursor, "limit": 1}).json()["photos"]
    assert person.call("PATCH", f"/photos/{photo_id}", json=about).status_code == 200
    assert person.call("PATCH", f"/photos/{photo_id}", json={"title": ["Grandma"]}).status_code == 400
    assert person.call("GET", f"/photos/{photo_id}/original", params={"redirect": "true"}).status_code == 302
    assert person.call("DELETE", f"/photos/{second}").status_code == 204
    _, refused = person.send(b"no picture", filename="grandmas-house.gif", content_type="image/gif")
    assert refused.status_code == 415
    wrong = f"{person.token[:-8]}aaaaaaaa"
    assert person.call("GET", "/photos", headers={"Authorization": wrong}).status_code == 401
    secrets = {cursor, wrong, "nurse", "oncology"}
    return secrets, place
