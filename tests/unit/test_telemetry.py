"""A function's subsegments contain names, flags and ids, but no object keys and no messages."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[2]
PROGRAM = """
import boto3
from botocore.exceptions import ClientError
from aws_xray_sdk.core import xray_recorder
from photosky.telemetry import annotate, span

xray_recorder.emitter._send_data = print

def refuse(**_):
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "incoming/secret"},
        "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "R"}}, "GetObject")

client = boto3.client("s3", region_name="us-east-1")
client.meta.events.register("before-call.s3", refuse)
try:
    with span("step", photo_id="P"):
        annotate(outcome="accepted")
        try:
            with span("download"):
                client.get_object(Bucket="media", Key="incoming/secret")
        except ClientError:
            pass
        raise OSError("incoming/secret")
except OSError:
    pass
"""


def sent(program: str) -> list[dict[str, Any]]:
    """The documents that a function sends to the X-Ray daemon."""
    environment = os.environ | {
        "LAMBDA_TASK_ROOT": str(HERE),
        "_X_AMZN_TRACE_ID": "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=HERE, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return [json.loads(line) for line in done.stdout.splitlines() if "start_time" in line]


def test_trace_has_the_failed_call_without_its_arguments() -> None:
    call, download, step = found(sent(PROGRAM))
    assert call["aws"] == {"operation": "GetObject", "region": "us-east-1", "request_id": "R", "bucket_name": "media"}
    assert (call["error"], call["fault"]) == (True, False), "a refused call is a client error"
    assert (download["error"], download["fault"]) == (True, False), "a caught exception is not a fault of the function"
    assert (step["error"], step["fault"]) == (False, True), "an uncaught exception is a fault"
    assert step["annotations"] == {"photo_id": "P", "outcome": "accepted"}
    assert [raised["type"] for raised in step["cause"]["exceptions"]] == ["OSError"]
    assert "secret" not in json.dumps([call, download, step])


CONCURRENT = """
import threading
from aws_xray_sdk.core import xray_recorder
from photosky.concurrently import Threads
from photosky.telemetry import span

xray_recorder.emitter._send_data = print
barrier = threading.Barrier(2)

def meet(name):
    with span(name):
        barrier.wait(10)

with span("step"):
    with Threads(2) as threads:
        with span("inner"):
            first = threads.start(meet, "first")
        threads.start(meet, "second").result()
    first.result()
"""


def test_spans_of_threads_overlap_in_the_span_that_began_them() -> None:
    documents = sent(CONCURRENT)
    parts = {part["name"]: part for document in documents for part in [document, *document.get("subsegments", [])]}
    step, first, second = parts.pop("step"), parts["first"], parts["second"]
    assert parts.keys() == {"inner", "first", "second"}
    assert {part["parent_id"] for part in parts.values()} == {step["id"]}
    assert max(first["start_time"], second["start_time"]) <= min(first["end_time"], second["end_time"])


def found(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The call, its span and the step, at any depth."""
    parts = list(documents)
    for document in parts:
        parts += document.get("subsegments", [])
    return [next(part for part in parts if part["name"] == name) for name in ("s3", "download", "step")]
