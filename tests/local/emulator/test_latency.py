"""Each call draws the latency of its operation and waits for it, while delays are on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from local.deploy import Target, local_api_url
from tests.local.emulator.conftest import Served

WAITED = "waited"


def command(served: Served, line: str) -> list[str]:
    """Send a command to the emulator's process; returns what it printed before it repeated it."""
    given, printed = served.process.stdin, served.process.stdout
    assert given is not None
    assert printed is not None
    given.write(f"{line}\n")
    given.flush()
    return list(iter(lambda: printed.readline().strip(), line))


@contextmanager
def delayed(served: Served) -> Iterator[list[str]]:
    """Turn delays on for a block; the list has what was printed once the block ends."""
    printed: list[str] = []
    assert command(served, "delay") == []
    try:
        yield printed
    finally:
        printed += command(served, "stop")


def test_calls_of_an_execution_are_delayed(served: Served, target: Target, outputs: dict[str, str]) -> None:
    arguments = {"stateMachineArn": outputs["MachineArn"], "input": json.dumps({"photo_id": "a"})}
    states = target.client("stepfunctions")
    with delayed(served) as printed:
        assert states.start_sync_execution(**arguments)["status"] == "SUCCEEDED"
    assert printed == [
        *("states StartSyncExecution", WAITED),
        *("states StateTransition", WAITED),
        *("lambda Invoke", WAITED),
    ]


def test_ingest_through_the_gateway_is_delayed(served: Served, call: Callable[..., httpx.Response]) -> None:
    with delayed(served) as printed:
        assert call("POST", "/photos/a").status_code == 200
    assert printed == [
        *("apigateway Request", WAITED),
        *("states StartSyncExecution", WAITED),
        *("states StateTransition", WAITED),
        *("lambda Invoke", WAITED),
    ]


def test_route_of_a_function_is_delayed(
    served: Served, target: Target, outputs: dict[str, str], http: httpx.Client
) -> None:
    with delayed(served) as printed:
        assert http.get(f"{local_api_url(outputs['ApiUrl'], target.endpoint_url)}/health").status_code == 200
    assert printed == ["apigateway Request", WAITED, "lambda Invoke", WAITED]


def test_objects_and_presigned_requests_are_delayed(served: Served, target: Target, http: httpx.Client) -> None:
    s3: Any = target.client("s3")
    s3.create_bucket(Bucket="delayed")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "delayed", "Key": "b"})
    form = s3.generate_presigned_post("delayed", "c")
    with delayed(served) as printed:
        s3.put_object(Bucket="delayed", Key="a", Body=b"1")
        s3.copy_object(Bucket="delayed", Key="b", CopySource="delayed/a")
        assert http.get(url).content == b"1"
        assert http.post(form["url"], data=form["fields"], files={"file": b"2"}).status_code == 204
        s3.delete_objects(Bucket="delayed", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}, {"Key": "c"}]})
    operations = ("PutObject", "CopyObject", "GetObject", "PostObject", "DeleteObjects")
    assert printed == [line for operation in operations for line in (f"s3 {operation}", WAITED)]


def test_other_calls_are_delayed_and_none_after_the_end(served: Served, target: Target) -> None:
    dynamodb = target.client("dynamodb")
    with delayed(served) as printed:
        dynamodb.list_tables()
    assert printed == ["dynamodb ListTables", WAITED]
    dynamodb.list_tables()
    assert command(served, "stop") == []
