"""One deployed stack for all tests: the real template on the emulator, in a separate process."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from local.commands.run import running
from local.connection import Connection
from local.deploy import STACK, Target, stack_outputs
from local.emulator.server import Credentials
from photosky.store import keys
from tests.local.client import Client, signed_in, signed_up
from tests.local.snapshot import copy_deployed

PIPE_SECONDS: Final = 60
"""What the pipe takes at most on a busy machine; it looks for changes once per second."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `make contract` and `make crash`."""
    parser.addoption("--contract-seed", type=int, default=1, help="schemathesis seed (1)")
    parser.addoption("--contract-examples", type=int, default=10, help="schemathesis examples per operation (10)")
    parser.addoption("--kills", type=int, default=4, help="deaths of the server in test_crash.py (4)")
    parser.addoption("--crash-seed", type=int, default=1, help="seed of their moments (1)")


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the running stack."""
    folder = tmp_path_factory.mktemp("stack")
    copy_deployed(folder)
    return folder


@pytest.fixture(scope="session")
def connection(state: Path) -> Iterator[Connection]:
    """The running stack. Its emulator records requests as CloudTrail events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOUDTRAIL_RECORDING", "1")
        with running(state) as live:
            yield live


@pytest.fixture(scope="session")
def aws(state: Path, connection: Connection) -> Callable[[str], Any]:
    """A function that returns an AWS client with the root user's permissions."""
    credentials = Credentials(**json.loads((state / "root.json").read_text()))
    return Target(connection.endpoint_url, credentials).client


@pytest.fixture(scope="session")
def outputs(state: Path, connection: Connection) -> dict[str, str]:
    """The stack's outputs."""
    credentials = Credentials(**json.loads((state / "root.json").read_text()))
    found = stack_outputs(Target(connection.endpoint_url, credentials), STACK)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def demo(connection: Connection) -> Iterator[Client]:
    """The demo user."""
    with signed_in(connection, connection.username, connection.password) as client:
        yield client


@pytest.fixture(scope="session")
def other(connection: Connection, aws: Callable[[str], Any]) -> Iterator[Client]:
    """A second user, who owns none of the demo user's photos."""
    with signed_up(connection, aws("cognito-idp"), "other@photosky.test") as client:
        yield client


@pytest.fixture(scope="session")
def objects(aws: Callable[[str], Any], outputs: dict[str, str]) -> Callable[[str], list[str]]:
    """A function that returns the keys of a photo's objects, under any prefix.

    If the photo is ready, it waits until the pipe has passed that on, and Events has removed what Persist leaves.
    """

    def find(photo_id: str) -> list[str]:
        pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=outputs["MediaBucketName"])
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []) if photo_id in item["Key"])

    def is_left(key: str) -> bool:
        if not key.endswith(keys.FACTS_FILE):
            return False
        _, owner_id, photo_id, _, _ = key.split("/")
        name = {"owner_id": {"S": owner_id}, "photo_id": {"S": photo_id}}
        item = aws("dynamodb").get_item(TableName=outputs["PhotosTableName"], Key=name).get("Item", {})
        return item.get("status", {}).get("S") in ("ready", "trashed")

    def settled(photo_id: str) -> list[str]:
        deadline = time.monotonic() + PIPE_SECONDS
        while any(map(is_left, found := find(photo_id))):
            assert time.monotonic() < deadline, "Events does not remove the upload and the facts"
            time.sleep(0.1)
        return found

    return settled


@pytest.fixture(scope="session")
def record(aws: Callable[[str], Any], outputs: dict[str, str]) -> Callable[[str], dict[str, Any] | None]:
    """A function that returns a photo's item in DynamoDB's JSON, or None."""

    def find(photo_id: str) -> dict[str, Any] | None:
        items = aws("dynamodb").scan(
            TableName=outputs["PhotosTableName"],
            FilterExpression="photo_id = :id",
            ExpressionAttributeValues={":id": {"S": photo_id}},
        )["Items"]
        return items[0] if items else None

    return find


@pytest.fixture
def table_unchanged(aws: Callable[[str], Any], outputs: dict[str, str]) -> Iterator[None]:
    """Assert that the test changes no record of any owner."""

    def records() -> list[dict[str, Any]]:
        pages = aws("dynamodb").get_paginator("scan").paginate(TableName=outputs["PhotosTableName"])
        return sorted((item for page in pages for item in page["Items"]), key=repr)

    before = records()
    yield
    assert records() == before
