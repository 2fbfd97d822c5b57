"""One running stack for all journeys: the real deployment on the emulator, in a process of its own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.commands.run import running
from local.connection import Connection
from local.deploy import STACK, Target, stack_outputs
from local.emulator.server import Credentials
from tests.local.client import Client, signed_in, signed_up


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make contract` can choose."""
    parser.addoption("--contract-seed", type=int, default=1, help="of schemathesis' data (1)")
    parser.addoption("--contract-examples", type=int, default=40, help="of schemathesis, per operation (40)")


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the running stack keeps everything in."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def connection(state: Path) -> Iterator[Connection]:
    """The running stack, whose emulator keeps what it served, as CloudTrail's events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOUDTRAIL_RECORDING", "1")
        with running(state) as live:
            yield live


@pytest.fixture(scope="session")
def aws(state: Path, connection: Connection) -> Callable[[str], Any]:
    """Clients of the account's root, to look behind the API and to break things."""
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
    """Somebody else."""
    with signed_up(connection, aws("cognito-idp"), "other@photosky.test") as client:
        yield client


@pytest.fixture(scope="session")
def objects(aws: Callable[[str], Any], outputs: dict[str, str]) -> Callable[[str], list[str]]:
    """The keys of all objects of one photo, wherever they lie."""

    def find(photo_id: str) -> list[str]:
        pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=outputs["MediaBucketName"])
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []) if photo_id in item["Key"])

    return find


@pytest.fixture(scope="session")
def record(aws: Callable[[str], Any], outputs: dict[str, str]) -> Callable[[str], dict[str, Any] | None]:
    """The table's item of one photo, in DynamoDB's JSON."""

    def find(photo_id: str) -> dict[str, Any] | None:
        items = aws("dynamodb").scan(
            TableName=outputs["PhotosTableName"],
            FilterExpression="photo_id = :id",
            ExpressionAttributeValues={":id": {"S": photo_id}},
        )["Items"]
        return items[0] if items else None

    return find
