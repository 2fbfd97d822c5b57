"""The connection file of a running stack, and the lock that shows whether it is valid."""

import json
from pathlib import Path

import pytest

from local import connection
from local.connection import Connection, NotRunning
from local.emulator import lock

LIVE = Connection(
    page_url="http://127.0.0.1:4566/_photosky/",
    api_url="http://127.0.0.1:4566/_aws/execute-api/abc/v1",
    endpoint_url="http://127.0.0.1:4566",
    region="us-east-1",
    user_pool_id="us-east-1_pool",
    client_id="client",
    username="demo@photosky.test",
    password="secret",
)


def test_connection_is_read_while_its_stack_runs(tmp_path: Path) -> None:
    with lock.take(tmp_path):
        LIVE.write(tmp_path)
        assert Connection.read(tmp_path) == LIVE


def test_file_has_documented_fields_and_is_private(tmp_path: Path) -> None:
    LIVE.write(tmp_path)
    path = tmp_path / "local.json"
    assert list(json.loads(path.read_text())) == [
        "page_url",
        "api_url",
        "endpoint_url",
        "region",
        "user_pool_id",
        "client_id",
        "username",
        "password",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_starting_stack_is_not_ready(tmp_path: Path) -> None:
    with lock.take(tmp_path), pytest.raises(NotRunning, match="is not ready yet"):
        Connection.read(tmp_path)


def test_file_of_a_killed_stack_is_ignored(tmp_path: Path) -> None:
    lock.take(tmp_path).close()
    LIVE.write(tmp_path)
    with pytest.raises(NotRunning, match="No stack is running"):
        Connection.read(tmp_path)


def test_file_removal_is_idempotent(tmp_path: Path) -> None:
    LIVE.write(tmp_path)
    connection.remove(tmp_path)
    connection.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folder_is_locked_by_one_stack(tmp_path: Path) -> None:
    with lock.take(tmp_path):
        assert lock.is_taken(tmp_path)
        with pytest.raises(lock.Taken, match=f"Another stack is running on {tmp_path}"):
            lock.take(tmp_path)
    assert not lock.is_taken(tmp_path)
    lock.take(tmp_path).close()
