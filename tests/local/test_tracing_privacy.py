"""Logs and traces of all routes contain no personal data and no credentials."""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from PIL import Image

from local.connection import Connection
from tests.local.client import Client, signed_up
from tests.local.traces import all_traces, log_lines
from tests.pictures import encoded

Aws = Callable[[str], Any]

WAIT_SECONDS: Final = 60


@pytest.fixture
def logging_like_prod(aws: Aws, outputs: dict[str, str]) -> Iterator[None]:
    """Configure the stack with `log_level` and `log_execution_data` of prod until the end of the test."""
    functions, machines = aws("lambda"), aws("stepfunctions")
    variables = {
        function["FunctionName"]: function["Environment"]["Variables"]
        for function in functions.list_functions()["Functions"]
        if "PHOTOSKY_LOG_LEVEL" in function.get("Environment", {}).get("Variables", {})
    }
    assert len(variables) == 12
    logged = (("ingest", "StateMachineArn", "ALL"), ("import", "ImportStateMachineArn", "ERROR"))

    def configure(level: str, *, data: bool) -> None:
        for name, original in variables.items():
            changed = {**original, "PHOTOSKY_LOG_LEVEL": level}
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
        for workflow, output, events in logged:
            prefix = f"/aws/vendedlogs/states/PhotoSky-local/{workflow}"
            (group,) = aws("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
            destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{group['arn'].removesuffix(':*')}:*"}}
            machines.update_state_machine(
                stateMachineArn=outputs[output],
                loggingConfiguration={"level": events, "includeExecutionData": data, "destinations": [destination]},
            )

    configure("INFO", data=False)
    yield
    configure("DEBUG", data=True)


@pytest.mark.usefixtures("logging_like_prod")
def test_logs_and_traces_contain_no_personal_data_or_credentials(
    connection: Connection, aws: Aws, outputs: dict[str, str]
) -> None:
    since = time.time()
    with signed_up(connection, aws("cognito-idp"), "grandmother@photosky.test") as user:
        sub = json.loads(base64.urlsafe_b64decode(user.token.split(".")[1] + "=="))["sub"]
        secrets, coordinates = journey(user)
        import_pictures(aws, outputs["ImportStateMachineArn"], sub)
        traces = all_traces(aws, since)
        # Traces contain the path of a request and thus an id chosen by the client. Logs must not contain it.
        user.call("POST", "/photos/in-grandmas-garden.jpg/ingest")
        user.call("GET", "/photos/in-grandmas-garden.jpg")
    secrets |= {sub, *user.token.split("."), "grandma", "Grandma", "latitude", *coordinates}
    secrets |= {"incoming/", "originals/", "previews/", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token"}
    # Timestamps can contain the digits of the coordinates by chance.
    documents = [re.sub(r'"(start|end)_time": [0-9.]+', "", json.dumps(trace.segments)) for trace in traces]
    deadline = time.monotonic() + WAIT_SECONDS
    while "Photo Ready" not in "".join(lines := log_lines(aws, since)):
        assert time.monotonic() < deadline, "the function Events has logged nothing"
        time.sleep(0.2)
    assert [line for line in lines if any(secret in line for secret in secrets)] == []
    assert [document for document in documents if any(secret in document for secret in secrets)] == []
    text = "".join(lines)
    assert '"step":"validate"' in text
    assert re.findall(r'"message":"Transferred".*?"outcome":"([a-z]+)"', text) == ["failed", "imported", "rejected"]
    assert '"route":"PATCH /photos/{photo_id}"' in text
    assert "ExecutionSucceeded" in text
    assert len(documents) >= 13, "Reconcile may add traces"


def journey(user: Client) -> tuple[set[str], set[str]]:
    """Process photos with and without errors. Returns confidential texts and the coordinates of the photo."""
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.4), 3: "E", 4: (2.0, 17.0, 40.2)})
    data = encoded("jpeg", size=(2400, 1600), exif=exif)
    edit = {"title": "Grandma at ninety", "description": "with her nurse", "tags": ["oncology"]}

    photo_id, ingested = user.send(data, filename="grandmas-house.jpg")
    assert ingested.status_code == 200, ingested.text
    location = ingested.json()["location"]
    coordinates = {str(location["latitude"]), str(location["longitude"])}
    assert coordinates == {"48.858167", "2.2945"}
    second, _ = user.send(encoded("png"), filename="grandmas-house.png", content_type="image/png")
    cursor = user.call("GET", "/photos", params={"limit": 1}).json()["next_cursor"]
    assert user.call("GET", "/photos", params={"cursor": cursor, "limit": 1}).json()["photos"]
    assert user.call("PATCH", f"/photos/{photo_id}", json=edit).status_code == 200
    assert user.call("PATCH", f"/photos/{photo_id}", json={"title": ["Grandma"]}).status_code == 400
    assert user.call("GET", f"/photos/{photo_id}/original", params={"redirect": "true"}).status_code == 302
    assert user.call("DELETE", f"/photos/{second}", params={"permanent": "true"}).status_code == 204
    _, refused = user.send(b"no picture", filename="grandmas-house.gif", content_type="image/gif")
    assert refused.status_code == 415
    invalid_token = f"{user.token[:-8]}aaaaaaaa"
    assert user.call("GET", "/photos", headers={"Authorization": invalid_token}).status_code == 401
    secrets = {cursor, invalid_token, "nurse", "oncology"}
    return secrets, coordinates


def import_pictures(aws: Aws, machine: str, owner_id: str) -> None:
    """Import a picture and an invalid one within AWS, one after the other, after an object that cannot be read."""
    s3, states = aws("s3"), aws("stepfunctions")
    s3.create_bucket(Bucket="photosky-import")
    s3.put_object(Bucket="photosky-import", Key="1/grandma/garden.jpg", Body=encoded("jpeg", seed=9, size=(64, 48)))
    s3.put_object(Bucket="photosky-import", Key="2/grandma/nurse.jpg", Body=b"Grandma")
    missing = {"owner_id": owner_id, "bucket": "photosky-import", "prefix": "0", "key": "0/grandma.jpg"}
    payload = json.dumps(missing | {"size_bytes": 9})
    (transfer,) = (
        function["FunctionName"]
        for function in aws("lambda").list_functions()["Functions"]
        if function["Handler"] == "tasks.transfer.handler"
    )
    assert json.load(aws("lambda").invoke(FunctionName=transfer, Payload=payload)["Payload"])["became"] == "failed"
    for prefix in ("1/grandma", "2/grandma"):
        given = {**missing, "prefix": prefix, "results": f"imports/{owner_id}"}
        arn = states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
        while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.1)
        assert found["status"] == "SUCCEEDED"
